"""Fixtures of the tests that talk to the emulated Azure without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.subscription import Subscription

if TYPE_CHECKING:
    from pathlib import Path

PLACE = {"location": "westeurope"}


@pytest.fixture
def azure(place: Path) -> Subscription:
    """A subscription with the resource group `rg` and nothing in it."""
    found = Subscription(place)
    found.put(found.group("rg"), PLACE)
    return found


def rule(name: str = "one", **more: Any) -> dict[str, Any]:
    """Return a rule as a request has it; None takes a property away."""
    found = {
        "access": "Allow",
        "direction": "Outbound",
        "protocol": "Tcp",
        "priority": 100,
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "10.0.0.0/8",
        "destinationPortRange": "443",
    }
    return {"name": name, "properties": {k: v for k, v in {**found, **more}.items() if v is not None}}


def put_nsg(azure: Subscription, *rules: dict[str, Any], name: str = "nsg") -> str:
    """Create or replace a group and return its id."""
    key = azure.network("rg", "networkSecurityGroups", name)
    azure.put(key, {**PLACE, "properties": {"securityRules": list(rules)}})
    return key


def put_asg(azure: Subscription, name: str = "asg") -> str:
    """Create an application security group and return its id."""
    return str(azure.put(azure.network("rg", "applicationSecurityGroups", name), PLACE)["id"])


def put_vnet(azure: Subscription, name: str = "vnet", space: str = "10.0.0.0/16", **subnets: str) -> str:
    """Create or replace a network with subnets by name and return its id."""
    key = azure.network("rg", "virtualNetworks", name)
    inner = [{"name": item, "properties": {"addressPrefix": block}} for item, block in subnets.items()]
    azure.put(key, {**PLACE, "properties": {"addressSpace": {"addressPrefixes": [space]}, "subnets": inner}})
    return key


def put_nic(azure: Subscription, subnet: str, *asgs: str, name: str = "nic", nsg: str = "", **more: Any) -> str:
    """Create or replace an interface and return its id."""
    key = azure.network("rg", "networkInterfaces", name)
    wears = {"applicationSecurityGroups": [{"id": asg} for asg in asgs]} if asgs else {}
    group = {"networkSecurityGroup": {"id": nsg}} if nsg else {}
    inner = {"name": "main", "properties": {"subnet": {"id": subnet}, **wears, **more}}
    azure.put(key, {**PLACE, "properties": {"ipConfigurations": [inner], **group}})
    return key


def put_policy(azure: Subscription, name: str = "policy", *, proxy: bool = True, **more: Any) -> str:
    """Create or replace a firewall policy and return its id."""
    key = azure.network("rg", "firewallPolicies", name)
    dns = {"dnsSettings": {"enableProxy": True}} if proxy else {}
    azure.put(key, {**PLACE, "properties": {**dns, **more}})
    return key


def put_ip_group(azure: Subscription, name: str = "hosts", *addresses: str) -> str:
    """Create or replace an IP group and return its id."""
    key = azure.network("rg", "ipGroups", name)
    return str(azure.put(key, {**PLACE, "properties": {"ipAddresses": list(addresses or ("10.0.0.0/8",))}})["id"])


def network_rule(name: str = "one", **more: Any) -> dict[str, Any]:
    """Return a network rule as a request has it; None takes a property away."""
    found = {
        "ruleType": "NetworkRule",
        "ipProtocols": ["TCP"],
        "sourceAddresses": ["10.0.0.0/8"],
        "destinationAddresses": ["192.0.2.1"],
        "destinationPorts": ["443"],
    }
    return {"name": name, **{k: v for k, v in {**found, **more}.items() if v is not None}}


def application_rule(name: str = "one", **more: Any) -> dict[str, Any]:
    """Return an application rule as a request has it; None takes a property away."""
    found = {
        "ruleType": "ApplicationRule",
        "protocols": [{"protocolType": "Https", "port": 443}],
        "sourceAddresses": ["10.0.0.0/8"],
        "targetFqdns": ["www.example.com"],
    }
    return {"name": name, **{k: v for k, v in {**found, **more}.items() if v is not None}}


def collection(*rules: dict[str, Any], name: str = "allow", priority: int | None = 100, **more: Any) -> dict[str, Any]:
    """Return a rule collection as a request has it."""
    kind = "FirewallPolicyFilterRuleCollection"
    found = {"ruleCollectionType": kind, "name": name, "priority": priority, "action": {"type": "Allow"}, **more}
    return {**{k: v for k, v in found.items() if v is not None}, "rules": list(rules)}


def put_rcg(azure: Subscription, *collections: dict[str, Any], name: str = "rcg", priority: Any = 500) -> str:
    """Create or replace a rule collection group of the policy `policy` and return its id."""
    key = azure.network("rg", "firewallPolicies", "policy", "ruleCollectionGroups", name)
    azure.put(key, {"properties": {"priority": priority, "ruleCollections": list(collections)}})
    return key
