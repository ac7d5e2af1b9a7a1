"""What a resource of an emulated provider is.

Owns the part that all of them share, from a table of their inputs: defaults and unknown keys in `check`, which change
updates and which replaces in `diff`, what an import or a refresh says the inputs are. A subclass has the table and
talks to its cloud.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from sandbox.protocol import UNKNOWN, is_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties = dict[str, Any]
Cloud = TypeVar("Cloud")


@dataclass(frozen=True)
class Input:
    """One input property.

    Attributes:
        kind: the type its value must have.
        required: must be given.
        replaces: a change makes a new resource.
        computed: when it is not given the cloud chooses, and dropping it from a program changes nothing.
        default: the value when it is not given.
        local: known to the provider only; the cloud does not return it.
        emulated: whether this sandbox does anything with it; giving it else is an error, not silently ignored.
    """

    kind: type
    required: bool = False
    replaces: bool = False
    computed: bool = False
    default: Any = None
    local: bool = False
    emulated: bool = True


@dataclass(frozen=True)
class Failure:
    """One thing wrong with the inputs: the property's path, and why as a sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Naming:
    """What a new resource's name is made of: its logical name and the engine's seed in hexadecimal digits."""

    logical: str
    seed: str

    def physical(self) -> str:
        """Return the name the engine's bridge would give: a dash and seven digits."""
        return f"{self.logical}-{self.seed[:7]}"


_WORDS = {str: "a string", int: "a number", bool: "true or false", list: "a list", dict: "a map"}


def _unsaid(item: Input) -> tuple[Any, ...]:
    """Return the values that need not be said: the default, or what is empty where there is none."""
    return ([], {}, "", False) if item.default is None else (item.default,)


class Resource(ABC, Generic[Cloud]):
    """One resource type. Instances have no state; `cloud` is the configured provider's session."""

    #: The engine's type token.
    token: ClassVar[str]
    #: What users call it, in errors.
    title: ClassVar[str]
    inputs: ClassVar[Mapping[str, Input]]
    #: Properties only the cloud knows before creation.
    outputs: ClassVar[tuple[str, ...]]
    #: Two of them could not exist at the same time, so a replacement deletes first.
    deletes_first: ClassVar[bool] = False

    # What a subclass says.

    def fill(self, news: Properties, olds: Properties, naming: Naming) -> None:
        """Add names and defaults that depend on more than one input to `news`. `olds` are the last inputs."""

    def problems(self, news: Properties) -> list[Failure]:
        """Return what is wrong with inputs beyond their types; unknown values are not to be judged."""
        del news
        return []

    def normal(self, name: str, value: Any) -> Any:
        """Return the form in which two values of an input are compared."""
        del name
        return value

    def complete(
        self, cloud: Cloud, news: Properties, olds: Properties, naming: Naming
    ) -> tuple[Properties, list[Failure]]:
        """As `check`, for a cloud whose defaults come from the session, which is None until it is configured."""
        del cloud
        return self.check(news, olds, naming)

    def deletes_before(self, old: Properties, replaces: list[str]) -> bool:
        """Return whether a replacement deletes first. `old` are the inputs so far, `replaces` what makes it new."""
        del old, replaces
        return self.deletes_first

    def planned(self, cloud: Cloud, news: Properties) -> Properties:
        """Return outputs that are known before creation."""
        del cloud, news
        return {}

    def drifted(self, cloud: Cloud, state: Properties, news: Properties) -> list[str]:
        """Return properties that differ from `state` though no input of the resource changed."""
        del cloud, state, news
        return []

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return outputs that an update will change."""
        del old, news
        return ()

    @abstractmethod
    def create(self, cloud: Cloud, news: Properties) -> str:
        """Create it and return its id."""

    @abstractmethod
    def read(self, cloud: Cloud, key: str, known: Properties) -> Properties | None:
        """Return all properties as they are in the cloud, or None when it is gone.

        `known` is what the engine has of it, inputs or state; an import has nothing.
        """

    def managed_inputs(self, cloud: Cloud, live: Properties) -> Properties:
        """Return what an import would write as inputs, before defaults are left out."""
        del cloud
        return {name: live[name] for name in self.inputs if live.get(name) is not None}

    @abstractmethod
    def update(self, cloud: Cloud, key: str, old: Properties, news: Properties) -> None:
        """Change it in place from inputs `old` to inputs `news`."""

    def update_from(self, cloud: Cloud, key: str, state: Properties, old: Properties, news: Properties) -> None:
        """As `update`, for a provider that sends parts of the last state too, such as a fingerprint."""
        del state
        self.update(cloud, key, old, news)

    @abstractmethod
    def delete(self, cloud: Cloud, key: str, state: Properties) -> None:
        """Delete it; one that is gone already is no error."""

    # What all of them share.

    def check(self, news: Properties, olds: Properties, naming: Naming) -> tuple[Properties, list[Failure]]:
        """Return the inputs with defaults, and what is wrong with them."""
        given = {name: value for name, value in news.items() if not name.startswith("__") and value is not None}
        failures = [self._problem(name, value) for name, value in given.items()]
        found = [failure for failure in failures if failure]
        found += [
            Failure(name, f'Missing required argument: "{name}" of {self.title} must be given.')
            for name, item in self.inputs.items()
            if item.required and name not in given
        ]
        for name, item in self.inputs.items():
            if item.default is not None:
                given.setdefault(name, item.default)
        self.fill(given, olds, naming)
        return given, found or self.problems(given)

    def _problem(self, name: str, value: Any) -> Failure | None:
        item = self.inputs.get(name)
        if item is None:
            return Failure(name, f'{self.title} has no argument "{name}".')
        if value == UNKNOWN:
            return None
        if not isinstance(value, item.kind) or (item.kind is int and isinstance(value, bool)):
            return Failure(name, f'"{name}" must be {_WORDS[item.kind]}, not {value!r}.')
        if not item.emulated and value not in ([], {}, "", False):
            return Failure(
                name, f'"{name}" of {self.title} is not emulated here; leave it out or use the real provider.'
            )
        return None

    def changes(self, old: Properties, news: Properties) -> dict[str, tuple[str, bool]]:
        """Return changed inputs: name to (`ADD`, `DELETE` or `UPDATE`, whether it replaces)."""
        found: dict[str, tuple[str, bool]] = {}
        for name, item in self.inputs.items():
            before, after = old.get(name), news.get(name)
            if after is None and (item.computed or before is None):
                continue
            same = not is_unknown(after) and self.normal(name, before) == self.normal(name, after)
            if (
                same
                or (before is None and after in ([], {}, "", False))
                or (after is None and before in ([], {}, "", False))
            ):
                continue
            found[name] = ("ADD" if before is None else "DELETE" if after is None else "UPDATE", item.replaces)
        return found

    def preview(self, cloud: Cloud, news: Properties) -> Properties:
        """Return the properties after a creation that has not happened: what only the cloud knows is unknown."""
        unknown = dict.fromkeys(self.outputs, UNKNOWN)
        unknown |= {name: UNKNOWN for name, item in self.inputs.items() if item.computed}
        return {**unknown, **self.planned(cloud, news), **news}

    def state(self, live: Properties, news: Properties) -> Properties:
        """Return what the engine keeps: the cloud's properties, with inputs in the form the program gave them."""
        kept = {name: news[name] for name, item in self.inputs.items() if item.local and name in news}
        kept |= {
            name: value
            for name, value in news.items()
            if name in live and self.normal(name, live[name]) == self.normal(name, value)
        }
        return {**live, **kept}

    def refreshed(
        self, cloud: Cloud, live: Properties, old: Properties, state: Properties
    ) -> tuple[Properties, Properties]:
        """Return inputs and properties after a look at the cloud; an import has neither `old` inputs nor `state`."""
        del state
        inputs = self.inputs_now(cloud, live, old)
        return inputs, self.state(live, inputs)

    def inputs_now(self, cloud: Cloud, live: Properties, old: Properties) -> Properties:
        """Return the inputs that would make what is in the cloud.

        An import (no `old`) gets all that are not a default. A refresh keeps the old ones' form where they still hold,
        follows the cloud where they do not, and adds what somebody has set beside the program.
        """
        found: Properties = {name: old[name] for name, item in self.inputs.items() if item.local and name in old}
        for name, value in self.managed_inputs(cloud, live).items():
            item = self.inputs[name]
            if name in old:
                found[name] = old[name] if self.normal(name, old[name]) == self.normal(name, value) else value
            elif not item.required and (value in _unsaid(item) or (item.computed and old)):
                continue
            else:
                found[name] = value
        if not old:
            found |= {
                name: item.default
                for name, item in self.inputs.items()
                if item.default is not None and name not in found
            }
        return found
