"""What the GCP resources share: ids, project, automatic names, labels, and the deletion policy.

Owns what the bridge to Terraform's provider does for all of them, as far as a program can see it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.errors import CloudError
from sandbox.gcp.cloud import ATTRIBUTION, GcpCloud
from sandbox.gcp.errors import is_gone
from sandbox.gcp.session import NAME as NAME_FORM
from sandbox.gcp.session import relative
from sandbox.protocol import UNKNOWN, is_unknown
from sandbox.resource import Failure, Input, Naming, Properties, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = Input(str, computed=True, replaces=True)
PROJECT = Input(str, computed=True, replaces=True)
DELETION_POLICY = Input(str, default="DELETE", local=True)
#: Values of `deletionPolicy`.
PREVENT, ABANDON = "PREVENT", "ABANDON"
#: Where the bridge keeps the names of inputs that it has filled in.
DEFAULTS = "__defaults"


class RefusedError(CloudError):
    """What the provider itself refuses, without asking the cloud; the message is all that is printed."""

    def __str__(self) -> str:
        """Word it as the real provider does."""
        return self.message


class GcpResource(Resource[GcpCloud]):
    """A resource with an id that is a path; with labels, if its table has `labels`."""

    #: The id, with the names of its parts in braces; `{+name}` spans slashes.
    form: ClassVar[str]
    #: The property that is named automatically, or empty.
    named: ClassVar[str] = "name"
    outputs: ClassVar[tuple[str, ...]] = ()

    # What a subclass says.

    @abstractmethod
    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the properties in the cloud, in the provider's words, or None when it is gone."""

    @abstractmethod
    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it in the cloud; may raise that it is gone."""

    # Ids.

    def parts(self, key: str) -> dict[str, str]:
        """Return the parts of an id.

        Raises:
            RefusedError: it has not the type's form.
        """
        pattern = re.sub(r"\{\+(\w+)\}", r"(?P<\1>.+)", self.form)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        found = re.fullmatch(pattern, key)
        if found is None:
            raise RefusedError(
                "InvalidId", f'The id "{key}" does not have the form {self.form.replace("+", "")} of {self.title}.'
            )
        return found.groupdict()

    def key(self, **parts: Any) -> str:
        """Return an id made of its parts."""
        return self.form.replace("{+", "{").format(**parts)

    # Inputs.

    def complete(
        self, cloud: GcpCloud, news: Properties, olds: Properties, naming: Naming
    ) -> tuple[Properties, list[Failure]]:
        """As the base; project, region and zone come from the provider's configuration."""
        found, failures = self.check(news, olds, naming)
        for name in ("project", "region", "zone"):
            if name in self.inputs and self.inputs[name].computed and name not in found and cloud is not None:
                if value := getattr(cloud, name):
                    found[name] = value
                else:
                    failures.append(Failure(name, f"{name}: required field is not set; say 'gcp:{name}' or give it."))
        return found, failures

    def fill(self, news: Properties, olds: Properties, naming: Naming) -> None:
        """Name it, and note that the name was not the program's."""
        if self.named and self.named not in news:
            automatic = self.named in (olds.get(DEFAULTS) or [])
            news[self.named] = (automatic and olds.get(self.named)) or naming.physical()
            news[DEFAULTS] = [self.named]

    def problems(self, news: Properties) -> list[Failure]:
        """Check name and deletion policy."""
        name = news.get(self.named, "") if self.named else ""
        found = []
        if name and not is_unknown(name) and not NAME_FORM.fullmatch(name):
            found.append(Failure(self.named, f'"{self.named}" ("{name}") does not match "{NAME_FORM.pattern}".'))
        policy = news.get("deletionPolicy", "DELETE")
        if policy not in {"DELETE", PREVENT, ABANDON, UNKNOWN}:
            found.append(Failure("deletionPolicy", f'"{policy}" must be one of DELETE, PREVENT, ABANDON.'))
        return found

    def normal(self, name: str, value: Any) -> Any:
        """Compare references to other resources by the last part of their URL."""
        return last(value) if name in {"network", "firewallPolicy", "attachmentTarget"} else value

    def deletes_before(self, old: Properties, replaces: list[str]) -> bool:
        """Return whether old and new one would have the same name: it was given, and does not change."""
        if not self.named or DEFAULTS in old:
            return False
        return self.named not in replaces

    def inputs_now(self, cloud: GcpCloud, live: Properties, old: Properties) -> Properties:
        """As the base; that a name is automatic stays noted."""
        found = super().inputs_now(cloud, live, old)
        return found | ({DEFAULTS: old[DEFAULTS]} if DEFAULTS in old else {})

    # Labels.

    def preview(self, cloud: GcpCloud, news: Properties) -> Properties:
        """As the base; labels are known before creation."""
        found = super().preview(cloud, news)
        found.pop(DEFAULTS, None)
        if "labels" in self.inputs and cloud is not None and not is_unknown(news.get("labels")):
            labels = cloud.new_labels(news.get("labels"))
            found |= {"pulumiLabels": labels, "effectiveLabels": labels}
        return found

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return the labels when they change."""
        return ("effectiveLabels", "pulumiLabels") if "labels" in self.changes(old, news) else ()

    def drifted(self, cloud: GcpCloud, state: Properties, news: Properties) -> list[str]:
        """Return `pulumiLabels` when the provider's default labels have changed."""
        if "labels" not in self.inputs or cloud is None or is_unknown(news.get("labels")):
            return []
        kept = {key: value for key, value in (state.get("pulumiLabels") or {}).items() if key not in ATTRIBUTION}
        return ["pulumiLabels"] if kept != cloud.pulumi_labels(news.get("labels")) else []

    def _labels(self, cloud: GcpCloud, live: Mapping[str, str], known: Properties) -> Properties:
        """Return the three outputs of labels: the program's, those with defaults, and all."""
        own = known.get("labels") or {}
        pulumi = known.get("pulumiLabels") or {**cloud.pulumi_labels(own), **ATTRIBUTION}
        return {
            "labels": {key: live[key] for key in own if key in live},
            "pulumiLabels": {key: live[key] for key in pulumi if key in live},
            "effectiveLabels": dict(live),
        }

    def next_labels(self, cloud: GcpCloud, state: Properties, news: Properties) -> dict[str, str]:
        """Return the labels after an update."""
        before = {key: value for key, value in (state.get("pulumiLabels") or {}).items() if key not in ATTRIBUTION}
        return cloud.changed_labels(news.get("labels"), before, state.get("effectiveLabels") or {})

    # Life.

    def read(self, cloud: GcpCloud, key: str, known: Properties) -> Properties | None:
        """Return all properties, or None when it is gone."""
        parts = self.parts(key)
        try:
            found = self.fetch(cloud, parts, known)
        except CloudError as failure:
            if is_gone(failure):
                return None
            raise
        if found is None:
            return None
        if "labels" in self.inputs:
            found |= self._labels(cloud, found.get("labels") or {}, known)
        return {**{name: parts[name] for name in ("project", "region", "zone") if name in parts}, **found}

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Change nothing: all that matters replaces."""

    def delete(self, cloud: GcpCloud, key: str, state: Properties) -> None:
        """Delete it, if its deletion policy lets it go."""
        policy = state.get("deletionPolicy")
        if policy == PREVENT:
            raise RefusedError(
                "Prevented",
                f"{self.title} {key} cannot be deleted: its deletion policy is PREVENT; set it to DELETE first.",
            )
        if policy == ABANDON:
            return
        try:
            self.remove(cloud, self.parts(key), state)
        except CloudError as failure:
            if not is_gone(failure):
                raise


def last(value: Any) -> Any:
    """Return the last part of a URL or path; anything else as it is."""
    return value.rstrip("/").rsplit("/", 1)[-1] if isinstance(value, str) and value != UNKNOWN else value


def network_url(cloud: GcpCloud, project: str, network: str) -> str:
    """Return the URL a request needs, for a network given as URL, path or name."""
    del cloud
    return relative(network) if "/" in network else f"projects/{project}/global/networks/{network}"


def given(values: Mapping[str, Any], names: Iterable[str]) -> Properties:
    """Return the properties that have a value, as the real provider sends them: nothing that is empty."""
    return {name: values[name] for name in names if values.get(name) not in (None, "", [], {}, False)}


def unknown_keys(place: str, value: Any, known: Iterable[str]) -> list[Failure]:
    """Return a failure for each key of a nested object that the provider has not."""
    if not isinstance(value, dict):
        return []
    return [Failure(f"{place}.{key}", f'"{place}" has no argument "{key}".') for key in value if key not in {*known}]
