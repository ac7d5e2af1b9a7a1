"""From arguments that are read to a plan that may be deployed, and what a program says and gives back.

Owns how a bad plan stops the program, how ids from elsewhere are taken, and how findings are said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import pulumi

from ws_network.catalogue import Catalogue, RoleKind
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding, Severity
from ws_network.plan import Plan, build_plan
from ws_network.snapshot import Snapshot

ROLE_TAG = "ws-network-role"
"""Tag by which a policy finds the role of a group whose component it cannot see."""

_REFERENCE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?")
"""What an id that the program gives is called: the peer, and a label where one peer has several."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

WARNED = Severity.MEDIUM
"""Findings from this severity on are warnings of the program; the others are in its outputs only."""


@contextmanager
def user_errors(name: str) -> Iterator[None]:
    """Turn a `UserError` into an end of the program that prints its sentence and no traceback."""
    try:
        yield
    except UserError as error:
        raise pulumi.RunError(f"{name}: {error}") from None


def plan_of(
    args: Mapping[str, Any],
    target: Target,
    references: Iterable[str],
    machines: Mapping[str, MachineMark] | None = None,
) -> Plan:
    """Return the plan for component arguments.

    Args:
        args: `deployment`, and optionally `snapshot`, `snapshot_resolved_on`, `catalogue` (JSON text) and `as_of`.
        target: What will hold the rules.
        references: Peers whose group the arguments give by id.
        machines: Kinds of the marks that the arguments give, by role.

    Raises:
        UserError: the arguments cannot be used.
    """
    references = tuple(sorted(references))
    for reference in references:
        _check_reference(reference)
    deployment = Deployment.parse(args["deployment"], "deployment")
    snapshot, catalogue = args.get("snapshot"), args.get("catalogue")
    plan = build_plan(
        Catalogue.load() if catalogue is None else Catalogue.parse(catalogue, "catalogue"),
        deployment,
        target=target,
        snapshot=Snapshot.parse(snapshot, "snapshot") if snapshot is not None else None,
        as_of=_day(args, "as_of"),
        resolved_on=_day(args, "snapshot_resolved_on"),
        references=references,
        machines=machines,
    )
    peers = [role.id for role in plan.catalogue.roles.values() if role.kind in {RoleKind.COMPONENT, RoleKind.SITE}]
    for reference in references:
        if reference.split("/")[0] not in {*peers, *deployment.peers}:
            raise UserError(unknown_name("peer among the given ids", reference, peers))
    return plan


def _check_reference(text: str) -> None:
    """Raise for a key of a given id whose rule might be called like that of another key, or not at all."""
    if not _REFERENCE.fullmatch(text):
        raise UserError(
            f"'{text}' among the given ids is neither a peer nor peer/label: write the label of lower-case letters, "
            "digits and single hyphens, as relay/second."
        )


def _day(args: Mapping[str, Any], key: str) -> date | None:
    text = args.get(key)
    if text is None:
        return None
    if _DAY.fullmatch(text):  # Python reads other forms of ISO 8601 too
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise UserError(f"{key} is '{text}': write it as YYYY-MM-DD.")


def stop_on_errors(findings: Iterable[Finding]) -> None:
    """Raise `UserError` with every finding that forbids to deploy."""
    errors = [entry for entry in findings if entry.severity is Severity.ERROR]
    if errors:
        raise UserError("\n".join(f"{entry.text} {entry.remedy}" for entry in errors))


def given_id(name: str, what: str, value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return an id that comes from elsewhere: unknown and secret as it is, and an error where it turns out missing.

    Args:
        name: Of the component.
        what: The argument that gives the id.
        value: The id.
    """

    def check(text: Any) -> str:
        if not text:
            raise pulumi.RunError(f"{name}: {what} is missing: the stack or resource it comes from has no such id.")
        if not isinstance(text, str):  # what it is may be a secret
            raise pulumi.RunError(f"{name}: {what} is no text: give one id or name of what it comes from.")
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
