"""What the components of every cloud do with a plan inside a Pulumi program.

Owns the way from arguments to a plan that may be deployed, how a bad one stops the program (one sentence, no
traceback), and how findings are said. Does not own resources. Reads no file, no clock and no network.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import pulumi

from ws_network.catalogue import Catalogue, RoleKind
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding, Severity
from ws_network.plan import Plan, build_plan
from ws_network.snapshot import Snapshot

MISSING = {"deployment": "deployment is missing: give the content of a deployment file."}
"""What to type for a required argument, by its key."""

ROLE_TAG = "ws-network-role"
"""Tag by which a policy finds the role of a group whose component it cannot see."""

WARNED = Severity.MEDIUM
"""Findings from this severity on are warnings of the program; the others are in its outputs only."""


@contextmanager
def user_errors(name: str) -> Iterator[None]:
    """Turn a `UserError` into an end of the program that prints its sentence and no traceback."""
    try:
        yield
    except UserError as error:
        raise pulumi.RunError(f"{name}: {error}") from None


def given_args(args: Any, shape: type) -> dict[str, Any]:
    """Return the arguments of a component that are given: what is None is not.

    Args:
        args: What the program passes.
        shape: The TypedDict of the component's arguments.

    Raises:
        UserError: a key means nothing (it would be lost without a word), or a required one is missing.
    """
    if not isinstance(args, Mapping):
        raise UserError("the arguments are no mapping: give them as {'deployment': ...}.")
    given = {str(key): value for key, value in args.items() if value is not None}
    for key in args:
        if key not in shape.__annotations__:
            raise UserError(unknown_name("argument", str(key), shape.__annotations__))
    required: frozenset[str] = getattr(shape, "__required_keys__", frozenset())
    for key in sorted(required - set(given)):
        raise UserError(MISSING.get(key, f"{key} is missing: add it."))
    return given


def plan_of(
    args: Mapping[str, Any],
    target: Target,
    references: Iterable[str],
    machines: Mapping[str, MachineMark] | None = None,
) -> Plan:
    """Return the plan for component arguments.

    Args:
        args: `deployment`, and optionally `snapshot`, `catalogue` (JSON text) and `as_of`.
        target: What will hold the rules.
        references: Peers whose group the arguments give by id.
        machines: Kinds of the marks that the arguments give, by role.

    Raises:
        UserError: the arguments cannot be used.
    """
    check_plain(args["deployment"], "deployment")
    deployment = Deployment.parse(args["deployment"], "deployment")
    snapshot, catalogue = args.get("snapshot"), args.get("catalogue")
    plan = build_plan(
        Catalogue.load() if catalogue is None else Catalogue.parse(catalogue, "catalogue"),
        deployment,
        target=target,
        snapshot=Snapshot.parse(snapshot, "snapshot") if snapshot is not None else None,
        as_of=_day(args.get("as_of")),
        references=tuple(sorted(references)),
        machines=machines,
    )
    peers = [role.id for role in plan.catalogue.roles.values() if role.kind in {RoleKind.COMPONENT, RoleKind.SITE}]
    for reference in references:
        if reference.split("/")[0] not in {*peers, *deployment.peers}:
            raise UserError(unknown_name("peer among the given ids", reference, peers))
    return plan


def check_plain(value: Any, path: str) -> None:
    """Raise for an output inside what decides which rules exist: a preview could not show them."""
    if isinstance(value, pulumi.Output):
        raise UserError(
            f"{path} is an output of another resource, which a preview does not know yet: write its value, or give "
            "the other end by id in the component's own arguments, as peer_security_group_ids."
        )
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_plain(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_plain(item, f"{path}[{index}]")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise UserError(f"as_of is '{text}': write it as YYYY-MM-DD.") from None


def stop_on_errors(findings: Iterable[Finding]) -> None:
    """Raise `UserError` with every finding that forbids to deploy."""
    errors = [entry for entry in findings if entry.severity is Severity.ERROR]
    if errors:
        raise UserError("\n".join(f"{entry.text} {entry.remedy}" for entry in errors))


def known_keys(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `UserError` for a key of an argument that means nothing, with the nearest that does."""
    known = list(known)
    for key in given:
        if key not in known:
            raise UserError(unknown_name(f"key in {what}", key, known))


def whole_number(value: Any, what: str) -> int:
    """Return a whole number: from another language it arrives as a float.

    Args:
        value: The value.
        what: The argument that it is given for.

    Raises:
        UserError: it is no whole number.
    """
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise UserError(f"{what} cannot be {value!r}: write a whole number.")
    return int(value)


def given_id(name: str, what: str, value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return an id that comes from elsewhere: unknown and secret as it is, and an error where it turns out missing.

    Args:
        name: Of the component.
        what: The argument that gives the id.
        value: The id.
    """

    def check(text: str | None) -> str:
        if not text:
            raise pulumi.RunError(f"{name}: {what} is missing: the stack or resource it comes from has no such id.")
        return text

    return pulumi.Output.from_input(value).apply(check)


def ids_output(ids: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[dict[str, str]]:
    """Return ids as one output, a map also where there are none."""
    return pulumi.Output.all(*ids.values()).apply(lambda found: dict(zip(ids, found, strict=True)))


def warn(resource: pulumi.Resource, findings: Iterable[Finding]) -> None:
    """Say the findings that a person should see at each preview."""
    for entry in findings:
        if entry.severity.at_least(WARNED):
            pulumi.log.warn(f"{entry.severity} {entry.code}: {entry.text} {entry.remedy}", resource)


def findings_output(findings: Iterable[Finding]) -> pulumi.Output[list[dict[str, str]]]:
    """Return the findings as an output of a component."""
    return pulumi.Output.from_input([entry.to_dict() for entry in findings])
