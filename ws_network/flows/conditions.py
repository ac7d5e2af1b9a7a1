"""Decides whether a condition of the page holds for a site.

Owns the reading of `Condition`. Does not own what follows from it.
"""

from dataclasses import dataclass
from functools import cached_property

from ws_network.catalogue import Catalogue, Condition, Confidence
from ws_network.deployment import Deployment


@dataclass(frozen=True)
class Site:
    """A deployment held against its catalogue: what is on, who is there, who serves what."""

    catalogue: Catalogue
    """At the deployment's revision."""
    deployment: Deployment
    references: tuple[str, ...] = ()
    """Peers whose group the caller of a component gives by id (`peer`, or `peer/label`)."""

    @cached_property
    def features(self) -> frozenset[str]:
        """The features that are on."""
        if self.deployment.features is not None:
            return frozenset(self.deployment.features)
        return frozenset(feature.id for feature in self.catalogue.features.values() if feature.default)

    @cached_property
    def managed(self) -> frozenset[str]:
        """Roles that get a group of this site."""
        return frozenset(self.deployment.managed_roles)

    @cached_property
    def referenced(self) -> frozenset[str]:
        """Peers that the caller names by group id."""
        return frozenset(reference.split("/")[0] for reference in self.references)

    @cached_property
    def name_confidence(self) -> dict[str, Confidence]:
        """How sure each name of the site's regions is in itself: the best that any row of the page says of it.

        A row may be less sure that the name belongs to it; that is shown, and decides nothing.
        """
        best: dict[str, Confidence] = {}
        for row in self.catalogue.host_rows.values():
            for host in row.hosts:
                for region in self.deployment.regions:
                    for name in self.catalogue.names(row, host, region):
                        known = best.get(name.fqdn, Confidence.UNKNOWN)
                        best[name.fqdn] = name.confidence if name.confidence.at_least(known) else known
        return best

    def has(self, role: str) -> bool:
        """Return whether the site runs `role`, or says where it is."""
        return role in self.managed or role in self.deployment.all_peers or role in self.referenced

    def serves(self, role: str) -> frozenset[str]:
        """Return what the peer serves.

        A Smart Protection Server that does not say serves both reputations: it has no other purpose.
        A Service Gateway serves only what it says.
        """
        peer = self.deployment.all_peers.get(role)
        if peer is not None and peer.serves is not None:
            return frozenset(peer.serves)
        if role == "smart-protection-server" and self.has(role):
            return frozenset(self.catalogue.roles[role].serves)
        return frozenset()

    def through(self, role: str) -> str:
        """Return `direct`, `service` or `both`: how a SIEM gets its events; `direct` where it does not say."""
        peer = self.deployment.all_peers.get(role)
        return (peer.through if peer else None) or "direct"

    def option(self, name: str) -> bool:
        """Return the deployment's switch of this name."""
        return bool(getattr(self.deployment, name))

    def meets(self, condition: Condition, destination: str, *, but: str = "") -> bool:
        """Return whether `condition` holds for a flow to `destination`.

        Args:
            condition: Of a flow, a host row or a host.
            destination: The role that answers; decides `serves`, `through` and `if_declared`.
            but: Name of one part (`option`) to take for granted.
        """
        deployment = self.deployment
        checks = {
            "features": not condition.features or not self.features.isdisjoint(condition.features),
            "features_off": self.features.isdisjoint(condition.features_off),
            "communication": not condition.communication or deployment.communication in condition.communication,
            "agents": deployment.fleet.has_any(condition.agent_from, condition.agent_to),
            "option": condition.option is None or self.option(condition.option),
            "serves": not condition.serves or not self.serves(destination).isdisjoint(condition.serves),
            "through": condition.through is None or self.through(destination) in {condition.through, "both"},
            "if_declared": not condition.if_declared or self.has(destination),
        }
        return all(holds for part, holds in checks.items() if part != but)
