"""Emulated clouds for development and tests: the Pulumi engine is real, only the cloud at the far end is not.

A provider of this package speaks the engine's own protocol and answers for an unmodified Pulumi SDK. `provider` owns
the protocol, `resource` what a resource is, `store` the state, `faults` what goes wrong on demand, and one folder for
each cloud its API and its resources. Not part of the wheel.
"""
