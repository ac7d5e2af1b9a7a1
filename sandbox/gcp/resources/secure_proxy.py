"""`gcp.networksecurity.UrlList`, `GatewaySecurityPolicy` and `GatewaySecurityPolicyRule`.

Owns that name and location of the first two are not marked as what replaces: such a change is sent, and the cloud
refuses it. And that a policy's TLS inspection is never read: whoever changes it beside the program is not noticed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from sandbox.gcp.resources.base import DELETION_POLICY, NAME, PROJECT, GcpResource, given
from sandbox.protocol import UNKNOWN
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

API = "networksecurity.projects.locations"


class _Located(GcpResource):
    """A resource at a place, whose fields go under their own names."""

    #: Its methods, behind the API's.
    collection: ClassVar[str]
    #: The parameter that names a new one.
    named_by: ClassVar[str]
    #: Inputs that are fields of a request.
    fields: ClassVar[tuple[str, ...]]

    def _path(self, news: Properties, known: Mapping[str, str]) -> str:
        """Return the path that inputs give; what is no input is as it was."""
        names = re.findall(r"\{(\w+)\}", self.form)
        return self.key(**{name: news.get(name, known.get(name)) for name in names})

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Create it; what is false, zero or empty is not sent."""
        path = self._path(news, {})
        method, parent = f"{API}.{self.collection}.create", path.rsplit("/", 2)[0]
        cloud.call(
            method,
            given(news, self.fields),
            account=news["project"],
            parent=parent,
            **{self.named_by: news["name"]},
        )
        return path

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return it."""
        del known
        found = cloud.call(f"{API}.{self.collection}.get", account=parts["project"], name=self.key(**parts))
        kept = [name for name in (*self.fields, "createTime", "updateTime") if not self._unread(name)]
        silent: Properties = {"selfLink": ""} if "selfLink" in self.outputs else {}
        return {**silent, **parts, **{name: found[name] for name in kept if name in found}}

    def _unread(self, name: str) -> bool:
        return name in self.inputs and self.inputs[name].local

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return the time of the last change."""
        return ("updateTime",) if self.changes(old, news).keys() & {*self.fields} else ()

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Patch what has changed, at the path that the new inputs give."""
        parts = self.parts(key)
        path = self._path(news, parts)
        changed = [name for name in self.changes(old, news) if name in self.fields]
        if path != key and not changed:
            # The real provider would send nothing and then look for it where it is not.
            changed = ["description"]
        if changed:
            cloud.call(
                f"{API}.{self.collection}.patch",
                given(news, self.fields),
                account=parts["project"],
                name=path,
                updateMask=",".join(changed),
            )

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it."""
        del state
        cloud.call(f"{API}.{self.collection}.delete", account=parts["project"], name=self.key(**parts))


class UrlList(_Located):
    """Domains and URLs that rules share."""

    token = "gcp:networksecurity/urlList:UrlList"
    title = "UrlList"
    form = "projects/{project}/locations/{location}/urlLists/{name}"
    collection = "urlLists"
    named_by = "urlListId"
    fields = ("description", "values")
    inputs: ClassVar[Mapping[str, Input]] = {
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "location": Input(str, required=True),
        "name": Input(str, computed=True),
        "project": PROJECT,
        "values": Input(list, required=True),
    }
    outputs = ("createTime", "updateTime")


class GatewaySecurityPolicy(_Located):
    """A policy without its rules."""

    token = "gcp:networksecurity/gatewaySecurityPolicy:GatewaySecurityPolicy"
    title = "GatewaySecurityPolicy"
    form = "projects/{project}/locations/{location}/gatewaySecurityPolicies/{name}"
    collection = "gatewaySecurityPolicies"
    named_by = "gatewaySecurityPolicyId"
    fields = ("description", "tlsInspectionPolicy")
    inputs: ClassVar[Mapping[str, Input]] = {
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "location": Input(str, default="global"),
        "name": Input(str, computed=True),
        "project": PROJECT,
        "tlsInspectionPolicy": Input(str, local=True),
    }
    outputs = ("createTime", "selfLink", "updateTime")


class GatewaySecurityPolicyRule(_Located):
    """One rule of a policy."""

    token = "gcp:networksecurity/gatewaySecurityPolicyRule:GatewaySecurityPolicyRule"
    title = "GatewaySecurityPolicyRule"
    form = "projects/{project}/locations/{location}/gatewaySecurityPolicies/{gatewaySecurityPolicy}/rules/{name}"
    collection = "gatewaySecurityPolicies.rules"
    named_by = "gatewaySecurityPolicyRuleId"
    fields = (
        *("applicationMatcher", "basicProfile", "description", "enabled", "priority", "sessionMatcher"),
        "tlsInspectionEnabled",
    )
    inputs: ClassVar[Mapping[str, Input]] = {
        "applicationMatcher": Input(str),
        "basicProfile": Input(str, required=True),
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "enabled": Input(bool, required=True),
        "gatewaySecurityPolicy": Input(str, required=True, replaces=True),
        "location": Input(str, required=True, replaces=True),
        "name": NAME,
        "priority": Input(int, required=True),
        "project": PROJECT,
        "sessionMatcher": Input(str, required=True),
        "tlsInspectionEnabled": Input(bool),
    }
    outputs = ("createTime", "selfLink", "updateTime")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the profile, which is all that the real provider checks."""
        found = super().problems(news)
        words = ("BASIC_PROFILE_UNSPECIFIED", "ALLOW", "DENY")
        if news["basicProfile"] not in {*words, UNKNOWN}:
            text = f"expected basic_profile to be one of {', '.join(words)}, got {news['basicProfile']}"
            found.append(Failure("basicProfile", text))
        return found

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return it; false and zero are not in the cloud's answer."""
        found = super().fetch(cloud, parts, known)
        return found and {"enabled": False, "priority": 0, **found}
