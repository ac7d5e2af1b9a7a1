"""GCP: network firewall policies with their rules, address groups, and rules of a VPC.

Loads pulumi and the GCP SDK when a component is first asked for, so that the renderer works without them.
"""
