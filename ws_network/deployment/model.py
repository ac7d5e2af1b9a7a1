"""`Deployment`: the settings of one site, as a person writes them.

Owns the closed shape, its defaults and how the fleet and features read.
Does not own files and overlays (`files`), nor what needs the catalogue (`check`).
"""

from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ws_network.catalogue import Confidence
from ws_network.deployment.files import load_content
from ws_network.deployment.names import Names, Target
from ws_network.deployment.parts import (
    AddressFamily,
    AgentBuild,
    Communication,
    Exemption,
    Expiry,
    ExtraFlow,
    ExtraHost,
    Layout,
    Machines,
    Peer,
    Port,
    Proxy,
    ResolutionSettings,
    Slug,
    Text,
    Wildcards,
)
from ws_network.deployment.versions import Fleet
from ws_network.errors import UserError
from ws_network.validation import describe

ASSUMED_OLDEST_BUILD = "20.0.0-1559"
"""Oldest build where none is given: the first for which the page lists no legacy name (row agent-row-1559)."""


class Deployment(BaseModel):
    """A site: region, roles, features, peers, and every exception with its reason and end date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str
    """The service's region, `de-1`."""
    also_regions: tuple[str, ...] = ()
    """Further regions whose hosts and blocks are needed too, during a migration."""
    revision: Text
    """State of the catalogue, an ISO date. Only this line brings changes of the page."""
    min_confidence: Confidence = Confidence.DOCUMENTED
    agent_build: AgentBuild | None = None
    communication: Communication = Communication.AGENT_INITIATED
    roles: tuple[Slug, ...] = Field(min_length=1)
    features: tuple[str, ...] | None = None
    """What is switched on, all of it; None: the catalogue's defaults."""
    address_families: tuple[AddressFamily, ...] = Field(default=(AddressFamily.IPV4,), min_length=1)
    """Families of `any-address` and of the snapshot. Peers are rendered as they are written."""
    peers: dict[Slug, Peer] = Field(default_factory=dict)
    proxy: Proxy | None = None
    port_overrides: dict[str, Port] = Field(default_factory=dict)
    names: Names = Names()
    wildcards: Wildcards = Wildcards.EXPAND
    """What becomes of the page's wildcard where a target cannot say it."""
    resolution: ResolutionSettings = ResolutionSettings()
    behind: dict[Target, Target] = Field(default_factory=dict)
    """Which policy holds the names where a target is open to any address."""
    any_address: dict[str, Exemption] = Field(default_factory=dict)
    decline: dict[str, Exemption] = Field(default_factory=dict)
    expires: dict[str, Expiry] = Field(default_factory=dict)
    accept: dict[str, Exemption] = Field(default_factory=dict)
    """Accepted findings: `code`, or `code:flow`."""
    extra_flows: tuple[ExtraFlow, ...] = ()
    extra_hosts: tuple[ExtraHost, ...] = ()
    http: bool = False
    """Open the HTTP (80) of pairs that only the URL table lists."""
    icmp: bool = False
    """Open ICMP fragmentation-needed from the peer `network` to agents."""
    legacy_account: bool = False
    """The account is older than 2021-08-04."""
    deny_rest: bool | None = None
    """Deny what no rule allows, on Azure and GCP, whose own rules allow it; must be said there."""
    machines: dict[Slug, Machines] = Field(default_factory=dict)
    """How GCP finds the machines of each role."""
    layout: Layout = Layout.PER_FLOW
    split: dict[Slug, int] = Field(default_factory=dict)
    """Over how many groups the rules of a role are spread."""
    quotas: dict[str, int] = Field(default_factory=dict)
    """Limits that the platform raised for this account."""
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_value_each(self) -> Self:
        for name, values in (("roles", self.roles), ("address_families", self.address_families)):
            if len(set(values)) != len(values):
                raise ValueError(f"{name} names a value twice: remove one")
        if "web-proxy" in self.peers:
            raise ValueError("peers has 'web-proxy': the proxy is described under proxy, with its port and covers")
        return self

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the deployment in a YAML file, merged over the files that it `extends`.

        Raises:
            UserError: a file cannot be read or is no YAML, or the merged content is no deployment.
        """
        return cls.parse(load_content(Path(path)), str(path))

    @classmethod
    def parse(cls, content: Any, where: str = "the deployment") -> Self:
        """Return the deployment in `content`, a mapping with the keys of the file.

        Args:
            content: Parsed YAML or JSON, or component arguments.
            where: What to call the content in an error.

        Raises:
            UserError: a key is unknown, missing or holds something it cannot hold.
        """
        if not isinstance(content, dict):
            raise UserError(f"{where} is no mapping: begin it with 'region:', as ws-network init does.")
        if "extends" in content:
            raise UserError(f"{where} has 'extends', which works in files only: give the merged content instead.")
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise UserError(f"{where}: {describe(error, cls)}") from None

    @classmethod
    def from_config(cls, config: Any, key: str = "deployment") -> Self:
        """Return the deployment in an object of a Pulumi stack's configuration.

        Args:
            config: A `pulumi.Config`.
            key: Its object key.

        Raises:
            UserError: the key is missing, or holds no deployment.
        """
        content = config.get_object(key)
        if content is None:
            raise UserError(f"the stack has no configuration '{key}': put the deployment under '{config.name}:{key}'.")
        return cls.parse(content, f"configuration '{config.name}:{key}'")

    def to_args(self) -> Any:
        """Return the deployment as component arguments: plain data in the keys of the file.

        Its static type is `Any`, to fit the arguments of every cloud.
        """
        content = self.model_dump(mode="json", exclude_unset=True)
        if "names" in content:
            content["names"] = [
                {key: value for key, value in rule.items() if value is not None} for rule in content["names"]["rules"]
            ]
        return content

    @property
    def fleet(self) -> Fleet:
        """The versions of the agents; builds since `ASSUMED_OLDEST_BUILD` where the deployment names none."""
        build = self.agent_build
        return Fleet(build.oldest, build.newest) if build else Fleet(ASSUMED_OLDEST_BUILD, None)

    @property
    def all_peers(self) -> dict[str, Peer]:
        """The peers, the proxy among them as `web-proxy`."""
        return self.peers | ({"web-proxy": self.proxy.as_peer()} if self.proxy else {})

    @property
    def managed_roles(self) -> tuple[str, ...]:
        """Roles that get a group: `roles` and the peers that say `manage: true`, in that order."""
        managed = [name for name, peer in self.all_peers.items() if peer.manage and name not in self.roles]
        return (*self.roles, *sorted(managed))

    @property
    def regions(self) -> tuple[str, ...]:
        """The region, then `also_regions`."""
        return (self.region, *self.also_regions)
