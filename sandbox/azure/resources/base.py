"""What every azure-native resource does: the real provider is one engine that works on descriptions, and so is this.

Owns automatic names and locations, the check of types, positional differences, what replaces, what an import and a
refresh take for inputs, and that parts which may be resources of their own (rules, subnets) stay when a program does
not list them. The descriptions come from `api_model`; those of the real provider say no more.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure import api_model
from sandbox.azure.errors import AlreadyExistsError
from sandbox.azure.ids import ResourceId, parse
from sandbox.azure.resources.differences import detailed, follow, without_empty
from sandbox.azure.session import region
from sandbox.protocol import UNKNOWN, is_unknown
from sandbox.resource import Failure, Input, Naming, Properties, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.azure.cloud import AzureCloud

GROUP = "resourceGroupName"
#: Input by which the real provider remembers that it has made the name up, so that a replacement may exist beside it.
RANDOMLY_NAMED = "__createBeforeDelete"
NAME_DIGITS = 8


class AzureResource(Resource["AzureCloud"]):
    """A resource, described by its path and its model."""

    #: Segment of the type and input of the name, from the top.
    path: ClassVar[tuple[tuple[str, str], ...]] = ()
    #: The model of `azure-mgmt-network`.
    model: ClassVar[str]
    api_version: ClassVar[str] = "2024-05-01"
    #: Inputs, beside the names in the path, whose change makes a new resource.
    replacing: ClassVar[tuple[str, ...]] = ()
    #: Lists of parts that may be resources of their own.
    maintained: ClassVar[tuple[str, ...]] = ()

    # The description.

    @property
    def shape(self) -> api_model.Shape:
        """The properties of the body."""
        return api_model.shape_of(self.model)

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs that make the id, from the top; the last one is the resource's own name."""
        return (GROUP, *(name for _, name in self.path))

    @cached_property
    def inputs(self) -> Mapping[str, Input]:  # type: ignore[override]
        """All inputs, for what the servicer wants to know."""
        found = {name: Input(item.kind.base) for name, item in self.shape.all.items() if not item.read_only}
        return {**found, **{name: Input(str, required=True, replaces=True) for name in self.names}}

    def key(self, cloud: AzureCloud, inputs: Properties) -> str:
        """Return the id that inputs stand for."""
        names = tuple(str(inputs[name]) for _, name in self.path)
        return str(ResourceId(cloud.subscription_id, inputs[GROUP], tuple(kind for kind, _ in self.path), names))

    def outputs_of(self, body: Properties) -> Properties:
        """Return Azure's answer as outputs."""
        return {**api_model.to_sdk(self.shape, body), "azureApiVersion": self.api_version}

    # Inputs.

    def complete(
        self, cloud: AzureCloud, news: Properties, olds: Properties, naming: Naming
    ) -> tuple[Properties, list[Failure]]:
        """Add a name and a location where the program has none, then check types and what is missing."""
        given = {name: value for name, value in news.items() if not name.startswith("__") and value is not None}
        own = self.names[-1]
        if own not in given:
            given[own], random = self._name(olds, naming)
            if random:
                given[RANDOMLY_NAMED] = True
        if "location" in self.shape.all and "location" not in given and (place := self._location(cloud, olds, given)):
            given["location"] = place
        return given, list(self._problems(given))

    def _name(self, olds: Properties, naming: Naming) -> tuple[str, bool]:
        """Return a made-up name, and whether two of its kind could exist: what lies in a resource has no digits."""
        if old := olds.get(self.names[-1]):
            return str(old), bool(olds.get(RANDOMLY_NAMED))
        if len(self.path) > 1:
            return naming.logical, False
        return f"{naming.logical}{naming.seed[:NAME_DIGITS]}", True

    def _location(self, cloud: AzureCloud | None, olds: Properties, given: Properties) -> str | None:
        """Return the location so far, else the provider's, else the resource group's."""
        group = given.get(GROUP)
        if cloud is None or "location" in olds or cloud.location:
            return olds.get("location") or (cloud.location if cloud else None)
        if not self.path or group is None:
            return None
        if is_unknown(group):
            return UNKNOWN
        found = cloud.find(str(ResourceId(cloud.subscription_id, str(group))))
        return found["location"] if found else None

    def _problems(self, given: Properties) -> Iterator[Failure]:
        for name in self.names:
            if name not in given:
                yield Failure(name, f"missing required property '{name}'")
        for name, item in self.shape.all.items():
            if item.required and name not in given:
                hint = (
                    ". Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'"
                )
                yield Failure(name, f"missing required property '{name}'{hint if name == 'location' else ''}")
        for name, value in given.items():
            if name in self.names:
                yield from _type_problems(api_model.TEXT, value, name)
            elif name in self.shape.all:
                yield from _type_problems(self.shape.all[name].kind, value, name)
            elif name != RANDOMLY_NAMED:
                yield Failure(name, f"'{name}' is not a property of a {self.title}")

    # Differences.

    def changes(self, old: Properties, news: Properties) -> dict[str, tuple[str, bool]]:
        """Return changed inputs by path, lists by position."""
        found = {}
        shown, wished = ({k: v for k, v in values.items() if not k.startswith("__")} for values in (old, news))
        for path, kind in detailed(shown, wished):
            if path == "location" and kind == "UPDATE" and region(str(old[path])) == region(str(news[path])):
                continue
            found[path] = (kind, path in self.names or path in self.replacing)
        return found

    def deletes_before(self, old: Properties, replaces: list[str]) -> bool:
        """Return whether the new one could not exist beside the old one: when its name was not made up."""
        return bool(replaces) and not old.get(RANDOMLY_NAMED)

    # Life.

    def preview(self, cloud: AzureCloud, news: Properties) -> Properties:
        """Return the outputs of a creation that has not happened: what is no input is unknown, in full depth."""
        del cloud
        found = _foreseen(self.shape, news)
        found.pop("id", None)
        return found

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return all outputs that are no inputs, but name and place: the real provider foresees none of them."""
        del old
        return tuple(self.shape.all.keys() - news.keys() - {"id", "name", "location"})

    def create(self, cloud: AzureCloud, news: Properties) -> str:
        """Create it, unless there is one by that name: a PUT would take it over."""
        key = self.key(cloud, news)
        if cloud.find(key) is not None:
            raise AlreadyExistsError(key)
        return str(cloud.put(key, api_model.to_body(self.shape, news))["id"])

    def read(self, cloud: AzureCloud, key: str, known: Properties) -> Properties | None:
        """Return it."""
        del known
        wanted = tuple(kind for kind, _ in self.path)
        if tuple(map(str.lower, parse(key).types)) != tuple(map(str.lower, wanted)):
            return None
        body = cloud.find(key)
        return None if body is None else self.outputs_of(body)

    def update(self, cloud: AzureCloud, key: str, old: Properties, news: Properties) -> None:
        """Replace it in place by what the program has; parts that the program does not list stay."""
        del old
        wish = dict(news)
        unset = [name for name in self.maintained if name not in news]
        if unset and (body := cloud.find(key)):
            live = api_model.to_sdk(self.shape, body)
            wish |= {name: live[name] for name in unset if name in live}
        cloud.put(key, api_model.to_body(self.shape, wish))

    def delete(self, cloud: AzureCloud, key: str, state: Properties) -> None:
        """Delete it."""
        del state
        cloud.delete(key)

    def state(self, live: Properties, news: Properties) -> Properties:
        """Return what the engine keeps: what Azure answers."""
        del news
        return live

    def refreshed(
        self, cloud: AzureCloud, live: Properties, old: Properties, state: Properties
    ) -> tuple[Properties, Properties]:
        """Return inputs and outputs after a look at the cloud.

        An import gets all that Azure has and a request may have, but empty lists and the id; so `name` and `type` of a
        rule too. A refresh follows what has changed since the last look, by position in lists.
        """
        del cloud
        if not old:
            key = parse(live["id"])
            found = without_empty(api_model.writable(self.shape, live)) or {}
            found.pop("id", None)
            return {**found, **dict(zip(self.names, (key.group, *key.names), strict=True))}, live
        parts: Properties = {name: [] for name in self.maintained if name not in old}
        before, after = ({**api_model.writable(self.shape, values), **parts} for values in (state, live))
        return follow(old, before, after), {**live, **parts}


def _type_problems(kind: api_model.Kind, value: Any, path: str) -> Iterator[Failure]:
    """Yield what has the wrong type, in full depth; unknown values are not judged."""
    if value == UNKNOWN or value is None:
        return
    if wanted := api_model.type_problem(kind, value):
        yield Failure(path, f"'{path}' should be of type '{wanted}' but got {value!r}")
    elif kind.model is not None:
        if problem := api_model.variant_problem(kind.model, value):
            yield Failure(path, f"{problem} in '{path}'")
            return
        known = api_model.shape_for(kind.model, value).all
        for name, item in value.items():
            if name in known:
                yield from _type_problems(known[name].kind, item, f"{path}.{name}")
            else:
                yield Failure(f"{path}.{name}", f"'{path}.{name}' is not a property there")
    elif kind.base is list and kind.item:
        for place, item in enumerate(value):
            yield from _type_problems(kind.item, item, f"{path}[{place}]")


def _foreseen(shape: api_model.Shape, values: Properties) -> Properties:
    """Return values with everything unknown that an answer has beside them."""
    found: Properties = dict.fromkeys(shape.all, UNKNOWN)
    for name, value in values.items():
        if item := shape.all.get(name):
            found[name] = _foreseen_value(item.kind, value)
    return found


def _foreseen_value(kind: api_model.Kind, value: Any) -> Any:
    if kind.model is not None and isinstance(value, dict):
        return _foreseen(api_model.shape_for(kind.model, value), value)
    if kind.base is list and isinstance(value, list) and kind.item:
        return [_foreseen_value(kind.item, item) for item in value]
    return value
