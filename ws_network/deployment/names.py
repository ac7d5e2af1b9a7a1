"""Which form of address a destination with host names takes on each target.

Owns the vocabulary of targets and forms, and the lookup of the forms that a deployment permits.
Does not own what a form covers: that is `ws_network.endpoints`.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from ws_network.errors import unknown_name


@unique
class Target(StrEnum):
    """What holds rules or names in a cloud."""

    AWS_SECURITY_GROUP = "aws-security-group"
    AWS_NETWORK_FIREWALL = "aws-network-firewall"
    AWS_DNS_FIREWALL = "aws-dns-firewall"
    AZURE_NSG = "azure-nsg"
    AZURE_FIREWALL = "azure-firewall"
    GCP_FIREWALL_POLICY = "gcp-firewall-policy"
    GCP_VPC_FIREWALL = "gcp-vpc-firewall"
    GCP_SECURE_WEB_PROXY = "gcp-secure-web-proxy"

    @property
    def cloud(self) -> str:
        """The cloud that it is of: `aws`, `azure` or `gcp`."""
        return self.split("-")[0]


@unique
class Form(StrEnum):
    """How a name becomes reachable, best first."""

    NAME_FILTER = "name-filter"
    """A filter that knows names (layer 7)."""
    FQDN = "fqdn"
    """Names that the platform tracks."""
    BLOCKS = "blocks"
    """Published address blocks; they cover only some hosts."""
    SNAPSHOT = "snapshot"
    """Resolved addresses in a file; never for a content network."""
    ANY_ADDRESS = "any-address"
    """Any address on the port; needs its entry under any_address."""
    REFUSE = "refuse"
    """The plan fails, naming the hosts."""


DEFAULT_FORMS = (Form.BLOCKS, Form.REFUSE)
"""Nothing opens by omission."""

FILTER_FORMS = (Form.NAME_FILTER, Form.FQDN, Form.REFUSE)
"""Of a target that filters names. A rule for every target is not asked: it speaks of those that hold addresses."""

TARGET_FORMS: Mapping[Target, frozenset[Form]] = {
    Target.AWS_SECURITY_GROUP: frozenset({Form.BLOCKS, Form.SNAPSHOT, Form.ANY_ADDRESS, Form.REFUSE}),
    Target.AWS_NETWORK_FIREWALL: frozenset({Form.NAME_FILTER, Form.BLOCKS, Form.SNAPSHOT, Form.REFUSE}),
    Target.AWS_DNS_FIREWALL: frozenset({Form.NAME_FILTER, Form.REFUSE}),
    Target.AZURE_NSG: frozenset({Form.BLOCKS, Form.SNAPSHOT, Form.ANY_ADDRESS, Form.REFUSE}),
    Target.AZURE_FIREWALL: frozenset({Form.NAME_FILTER, Form.FQDN, Form.BLOCKS, Form.SNAPSHOT, Form.REFUSE}),
    Target.GCP_SECURE_WEB_PROXY: frozenset({Form.NAME_FILTER, Form.REFUSE}),
    Target.GCP_FIREWALL_POLICY: frozenset({Form.FQDN, Form.BLOCKS, Form.SNAPSHOT, Form.ANY_ADDRESS, Form.REFUSE}),
    Target.GCP_VPC_FIREWALL: frozenset({Form.BLOCKS, Form.SNAPSHOT, Form.ANY_ADDRESS, Form.REFUSE}),
}
"""Which forms a target can hold. A security group and an NSG cannot hold a name."""

NAME_FILTERS = frozenset(target for target, forms in TARGET_FORMS.items() if Form.NAME_FILTER in forms)
"""Targets that may stand behind `any-address`."""


class NameRule(BaseModel):
    """The forms for one destination on one target; None stands for every destination or target."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: Target | None = None
    destination: str | None = None
    forms: tuple[Form, ...]

    @field_validator("forms")
    @classmethod
    def _not_empty(cls, forms: tuple[Form, ...]) -> tuple[Form, ...]:
        if not forms:
            raise ValueError("names must list at least one form, for example [blocks, refuse]")
        return forms


class Names(BaseModel):
    """All name rules. Accepts the file's nested form and the flat list of records of component arguments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[NameRule, ...] = ()

    @field_validator("rules")
    @classmethod
    def _one_rule_each(cls, rules: tuple[NameRule, ...]) -> tuple[NameRule, ...]:
        keys = [(rule.target, rule.destination) for rule in rules]
        for target, destination in keys:
            if keys.count((target, destination)) > 1:
                what = f"{target or 'default'} and {destination or 'default'}"
                raise ValueError(f"names has two rules for {what}: remove one")
        return rules

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return {"rules": [_record(record) for record in value]}
        if isinstance(value, Mapping) and set(value) != {"rules"}:
            return {"rules": list(_flatten(value))}
        return value

    def forms(self, target: Target, destination: str) -> tuple[Form, ...]:
        """Return the forms for a destination on a target: the most specific rule, else the target's default."""
        found = {(rule.target, rule.destination): rule.forms for rule in self.rules}
        filters = target in NAME_FILTERS
        general = [] if filters else [(None, destination), (None, None)]
        for key in ((target, destination), (target, None), *general):
            if key in found:
                return found[key]
        default = FILTER_FORMS if filters else DEFAULT_FORMS
        return tuple(form for form in default if form in TARGET_FORMS[target])


def _record(record: Any) -> Any:
    """Return a component's record with the file's word `default` for every target or destination as None."""
    if not isinstance(record, Mapping):
        return record
    return {key: None if value == "default" else value for key, value in record.items()}


def _flatten(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    for key, entry in value.items():
        if key != "default" and key not in TARGET_FORMS:
            raise ValueError(unknown_name("target under names", str(key), ["default", *TARGET_FORMS]))
        target = None if key == "default" else key
        if isinstance(entry, Mapping):
            rules += [
                {"target": target, "destination": None if name == "default" else name, "forms": forms}
                for name, forms in entry.items()
            ]
        else:
            rules.append({"target": target, "forms": entry})
    return rules
