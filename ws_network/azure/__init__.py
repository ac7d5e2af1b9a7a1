"""Azure: network security groups with their rules, application security groups and IP groups.

Loads pulumi and the Azure SDK when a component is first asked for, so that the renderer works without them.
"""
