"""`gcp.compute.Firewall`: a VPC firewall rule ("classic")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.gcp.resources.base import (
    DELETION_POLICY,
    NAME,
    PROJECT,
    GcpResource,
    given,
    network_url,
    unknown_keys,
)
from sandbox.protocol import UNKNOWN, is_unknown
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

#: Our list to the API's.
ENTRIES = {"allows": "allowed", "denies": "denied"}
SETS = (
    *("destinationRanges", "sourceRanges", "sourceServiceAccounts", "sourceTags"),
    *("targetServiceAccounts", "targetTags"),
)
SOURCES = ("sourceRanges", "sourceServiceAccounts", "sourceTags")
METADATA = ("EXCLUDE_ALL_METADATA", "INCLUDE_ALL_METADATA")
#: Inputs of which only one side may be given.
CONFLICTS = tuple(
    (account, tag)
    for account in ("sourceServiceAccounts", "targetServiceAccounts")
    for tag in ("sourceTags", "targetTags")
)


class Firewall(GcpResource):
    """A rule of a network."""

    token = "gcp:compute/firewall:Firewall"
    title = "Firewall"
    form = "projects/{project}/global/firewalls/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "allows": Input(list),
        "deletionPolicy": DELETION_POLICY,
        "denies": Input(list),
        "description": Input(str),
        "destinationRanges": Input(list, computed=True),
        "direction": Input(str, computed=True, replaces=True),
        "disabled": Input(bool),
        "enableLogging": Input(bool, computed=True, emulated=False),
        "logConfig": Input(dict),
        "name": NAME,
        # The real provider does not mark it and the cloud refuses the change; so it is there as here.
        "network": Input(str, required=True),
        "params": Input(dict, emulated=False),
        "priority": Input(int, default=1000),
        "project": PROJECT,
        **{name: Input(list) for name in SETS if name != "destinationRanges"},
    }
    outputs = ("creationTimestamp", "selfLink")

    def problems(self, news: Properties) -> list[Failure]:
        """Check what the real provider checks before it asks the cloud."""
        found = super().problems(news)
        if len([name for name in ENTRIES if news.get(name)]) != 1:
            found.append(Failure("allows", "Exactly one of allows, denies must be given."))
        for name in ENTRIES:
            for index, item in enumerate(news.get(name) or []):
                place = f"{name}[{index}]"
                found += unknown_keys(place, item, ("protocol", "ports"))
                if isinstance(item, dict) and not item.get("protocol"):
                    found.append(Failure(f"{place}.protocol", 'Missing required argument: "protocol" must be given.'))
        found += [
            Failure(account, f'Conflicting configuration arguments: "{account}" conflicts with {tag}.')
            for account, tag in CONFLICTS
            if news.get(account) and news.get(tag)
        ]
        direction = news.get("direction", "INGRESS")
        if direction not in {"INGRESS", "EGRESS", "", UNKNOWN}:
            found.append(Failure("direction", f"expected direction to be one of INGRESS, EGRESS, got {direction}"))
        if direction in {"INGRESS", ""} and not any(name in news for name in SOURCES):
            words = "one of source_tags, source_ranges, or source_service_accounts must be defined"
            found.append(Failure("sourceRanges", words))
        priority = news["priority"]
        if not is_unknown(priority) and not 0 <= priority <= 65535:
            found.append(Failure("priority", f"expected priority to be in the range (0 - 65535), got {priority}"))
        log = news.get("logConfig")
        if isinstance(log, dict) and log.get("metadata") not in {*METADATA, UNKNOWN}:
            found.append(Failure("logConfig.metadata", f"expected metadata to be one of {', '.join(METADATA)}"))
        return found

    def normal(self, name: str, value: Any) -> Any:
        """Compare lists as sets, as the real provider keeps them."""
        if is_unknown(value) or not isinstance(value, list):
            return super().normal(name, value)
        if name in ENTRIES:
            return sorted((str(i.get("protocol", "")).lower(), tuple(sorted(i.get("ports") or []))) for i in value)
        return sorted(value) if name in SETS else value

    def _body(self, news: Properties) -> Properties:
        body = {
            **given(news, ("description", "direction", *SETS)),
            "disabled": bool(news.get("disabled")),
            "priority": news["priority"],
            "logConfig": {"enable": True, **news["logConfig"]} if news.get("logConfig") else {"enable": False},
        }
        for ours, theirs in ENTRIES.items():
            if news.get(ours):
                body[theirs] = [
                    {"IPProtocol": item["protocol"], **({"ports": item["ports"]} if item.get("ports") else {})}
                    for item in news[ours]
                ]
        return body

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Insert it."""
        project = news["project"]
        body = {**self._body(news), "name": news["name"], "network": network_url(cloud, project, news["network"])}
        cloud.call("compute.firewalls.insert", body, account=project, project=project)
        return self.key(project=project, name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the rule."""
        del known
        project = parts["project"]
        found = cloud.call("compute.firewalls.get", account=project, project=project, firewall=parts["name"])
        live = {name: found[name] for name in (*self.inputs, *self.outputs) if name in found and name != "logConfig"}
        if found["logConfig"].get("enable"):
            live["logConfig"] = {"metadata": found["logConfig"].get("metadata", METADATA[1])}
        for ours, theirs in ENTRIES.items():
            if theirs in found:
                live[ours] = [
                    {"protocol": item["IPProtocol"], **({"ports": item["ports"]} if item.get("ports") else {})}
                    for item in found[theirs]
                ]
        return live

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Patch it in place; what the program has dropped is sent empty."""
        parts = self.parts(key)
        names = {**{name: name for name in SETS}, **ENTRIES}
        gone: Properties = {api: [] for name, api in names.items() if old.get(name) and not news.get(name)}
        body = {**gone, **self._body(news)}
        if "description" in old:
            body.setdefault("description", "")
        body["network"] = network_url(cloud, parts["project"], news["network"])
        project = parts["project"]
        # The method's description wants the name in each body.
        body["name"] = parts["name"]
        cloud.call("compute.firewalls.patch", body, account=project, project=project, firewall=parts["name"])

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it."""
        del state
        project = parts["project"]
        cloud.call("compute.firewalls.delete", account=project, project=project, firewall=parts["name"])
