"""Trend Micro Cloud One Workload Security network requirements as data, rules and Pulumi components (unofficial).

Importing this package loads neither pulumi nor a cloud SDK nor pydantic: names are looked up when they are first used.
"""
