"""What changed on the page between two states of the catalogue.

Owns the comparison of records. Does not own what that changes for a site: the plan does.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from ws_network.catalogue.catalogue import Catalogue
from ws_network.catalogue.models import Model

BOOKKEEPING = {"sources", "since", "since_confidence", "until", "note"}
"""Fields that are no requirement: a change of these alone is no change."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of one kind of record, sorted as on the page."""

    opened: tuple[str, ...]
    closed: tuple[str, ...]
    changed: tuple[str, ...]
    """Each as `<id>: <field>, <field>`."""

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed or self.changed)

    @classmethod
    def between(cls, a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]) -> Self:
        """Return what `b` has that `a` lacks, the reverse, and which fields differ where both have it."""
        differing = {key: [f for f in b[key] if a[key].get(f) != b[key][f]] for key in b if key in a}
        return cls(
            opened=tuple(key for key in b if key not in a),
            closed=tuple(key for key in a if key not in b),
            changed=tuple(f"{key}: {', '.join(fields)}" for key, fields in differing.items() if fields),
        )


@dataclass(frozen=True, slots=True)
class CatalogueDiff:
    """Opened, closed and changed, from one revision to another."""

    from_revision: str
    to_revision: str
    regions: Changes
    features: Changes
    flows: Changes
    host_names: Mapping[str, Changes]
    """By region, only deployable regions in which names differ; each key is `<row>: <name>`."""
    blocks: Changes
    """Each `<region> <cidr>`; superseded blocks are not part of it."""

    def __bool__(self) -> bool:
        return bool(self.regions or self.features or self.flows or self.host_names or self.blocks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: every kind with its three lists."""
        return {
            "from": self.from_revision,
            "to": self.to_revision,
            **{kind: _lists(getattr(self, kind)) for kind in ("regions", "features", "flows")},
            "host_names": {region: _lists(changes) for region, changes in self.host_names.items()},
            "blocks": _lists(self.blocks),
        }

    def lines(self) -> list[str]:
        """Return one line for each change: `+` opens, `-` closes, `~` changes; one sentence when there is none."""
        found = [
            *_lines("region", self.regions),
            *_lines("feature", self.features),
            *_lines("flow", self.flows),
            *(line for region, changes in self.host_names.items() for line in _lines(f"host in {region}", changes)),
            *_lines("block", self.blocks),
        ]
        return found or [f"No difference between {self.from_revision} and {self.to_revision}."]


def diff(a: Catalogue, b: Catalogue) -> CatalogueDiff:
    """Return what changes from catalogue `a` to catalogue `b`."""
    names = {region: Changes.between(_names(a, region), _names(b, region)) for region in {**a.regions, **b.regions}}
    return CatalogueDiff(
        from_revision=a.revision,
        to_revision=b.revision,
        regions=Changes.between(_requirements(a.regions), _requirements(b.regions)),
        features=Changes.between(_requirements(a.features), _requirements(b.features)),
        flows=Changes.between(_requirements(a.flows), _requirements(b.flows)),
        host_names={region: changes for region, changes in names.items() if changes},
        blocks=Changes.between(_blocks(a), _blocks(b)),
    )


def _requirements(records: Mapping[str, Model]) -> dict[str, dict[str, Any]]:
    return {key: record.model_dump(mode="json", exclude=BOOKKEEPING) for key, record in records.items()}


def _names(catalogue: Catalogue, region: str) -> dict[str, dict[str, Any]]:
    if region not in catalogue.regions or not catalogue.regions[region].deployable:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for row in catalogue.host_rows.values():
        for host in row.hosts:
            for name in catalogue.names(row, host, region):
                key = f"{row.id}: {name.fqdn}{name.path or ''}"
                found.setdefault(
                    key,
                    {
                        "confidence": name.confidence,
                        "addressing": name.addressing,
                        "condition": host.condition,
                        "row condition": row.condition,
                    },
                )
    return found


def _blocks(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    blocks = [block for block in catalogue.address_blocks.values() if not block.superseded]
    return {f"{block.region} {block.cidr}": {"confidence": block.confidence.value} for block in blocks}


def _lists(changes: Changes) -> dict[str, list[str]]:
    return {kind: list(keys) for kind, keys in asdict(changes).items()}


def _lines(what: str, changes: Changes) -> list[str]:
    signs = (("+", changes.opened), ("-", changes.closed), ("~", changes.changed))
    return [f"{sign} {what} {key}" for sign, keys in signs for key in keys]
