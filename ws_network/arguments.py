"""Component arguments that every cloud shares: a deployment in the keys of its file, and a snapshot.

Owns the typed shape that Pulumi's component schema is made from, so the text under each key is its documentation in
every language. Does not validate: that is the deployment's and the snapshot's. Lists and maps are plain (no outputs),
because they decide which rules exist, and a preview must show those.
"""

from typing import NotRequired, TypedDict


class WsAgentBuildArgs(TypedDict):
    """Versions of the agents of a site."""

    oldest: str
    """Oldest version, as the console prints it, for example `20.0.0-1540`."""
    newest: NotRequired[str]
    """Newest version; without it, whatever comes."""


class WsPeerArgs(TypedDict):
    """A destination or source that the site runs itself, in as many forms of address as there are."""

    cidrs: NotRequired[list[str]]
    """IPv4 and IPv6 ranges, with mask and without host bits."""
    fqdns: NotRequired[list[str]]
    """Host names, used where there is no address and the target permits a form for names."""
    within: NotRequired[list[str]]
    """Private ranges in which the answers for `fqdns` may lie."""
    prefix_list_ids: NotRequired[list[str]]
    """AWS prefix lists of others, by id."""
    security_group_ids: NotRequired[list[str]]
    """AWS security groups of others, by id, with `account/` before it for another account."""
    service_tags: NotRequired[list[str]]
    """Azure service tags, for example `Storage.WestEurope`."""
    application_security_group_ids: NotRequired[list[str]]
    """Azure application security groups, by id."""
    address_groups: NotRequired[list[str]]
    """GCP address groups, as `projects/hub/locations/global/addressGroups/collectors`."""
    secure_tags: NotRequired[list[str]]
    """GCP secure tags, as `tagValues/281478395625`; they can be a source, never a destination."""
    service_accounts: NotRequired[list[str]]
    """GCP service accounts, by e-mail address; a source in rules of a VPC only."""
    network_tags: NotRequired[list[str]]
    """GCP network tags; a source in rules of a VPC only."""
    through: NotRequired[str]
    """How a SIEM gets its events: `direct` (default), `service` or `both`."""
    serves: NotRequired[list[str]]
    """What a reputation server or gateway answers: `file-reputation`, `web-reputation`, `forward-proxy`."""
    manage: NotRequired[bool]
    """Give the peer a group of its own, with the ingress that it needs."""
    platform: NotRequired[bool]
    """The peer is the cloud's own, which the cloud does not filter."""


class WsProxyArgs(TypedDict):
    """The web proxy, and the services that are reached through it."""

    port: int
    """Port on which the proxy listens."""
    covers: list[str]
    """Services reached through it, for example `workload-security`."""
    roles: NotRequired[list[str]]
    """Roles that use it; default `agent` and `relay`."""
    cidrs: NotRequired[list[str]]
    """IPv4 and IPv6 ranges of the proxy."""
    fqdns: NotRequired[list[str]]
    """Host names of the proxy."""
    within: NotRequired[list[str]]
    """Private ranges in which the answers for `fqdns` may lie."""
    prefix_list_ids: NotRequired[list[str]]
    """AWS prefix lists of the proxy, by id."""
    security_group_ids: NotRequired[list[str]]
    """AWS security groups of the proxy, by id."""
    service_tags: NotRequired[list[str]]
    """Azure service tags, for example `Storage.WestEurope`."""
    application_security_group_ids: NotRequired[list[str]]
    """Azure application security groups, by id."""
    address_groups: NotRequired[list[str]]
    """GCP address groups, as `projects/hub/locations/global/addressGroups/collectors`."""
    secure_tags: NotRequired[list[str]]
    """GCP secure tags, as `tagValues/281478395625`; they can be a source, never a destination."""
    service_accounts: NotRequired[list[str]]
    """GCP service accounts, by e-mail address; a source in rules of a VPC only."""
    network_tags: NotRequired[list[str]]
    """GCP network tags; a source in rules of a VPC only."""
    manage: NotRequired[bool]
    """Give the proxy a group of its own: ingress from its users, egress to what it covers."""


class WsMachinesArgs(TypedDict):
    """The machines of a role on GCP, by marks of one kind."""

    secure_tags: NotRequired[list[str]]
    """Secure tags, as `tagValues/281478395625`: for rules of a policy."""
    service_accounts: NotRequired[list[str]]
    """Service accounts, by e-mail address."""
    network_tags: NotRequired[list[str]]
    """Network tags: for rules of a VPC."""
    given: NotRequired[str]
    """Kind of the marks that the component's own arguments give: `secure-tag`, `service-account` or `network-tag`."""


class WsNameArgs(TypedDict):
    """Forms of address for a destination with host names."""

    forms: list[str]
    """Best first: `name-filter`, `fqdn`, `blocks`, `snapshot`, `any-address`, `refuse`."""
    target: NotRequired[str]
    """Only on this target, for example `aws-security-group`."""
    destination: NotRequired[str]
    """Only for this destination, for example `workload-security`."""


class WsExemptionArgs(TypedDict):
    """Why an exception is made, and until when."""

    reason: str
    """Why."""
    until: str
    """Last day, as `2027-11-30`."""
    ticket: NotRequired[str]
    """Where it was decided."""


class WsExpiryArgs(TypedDict):
    """A flow with an end date."""

    reason: str
    """Why it ends."""
    until: str
    """Last day, as `2027-03-31`."""
    ticket: NotRequired[str]
    """Where it was decided."""
    on_expiry: NotRequired[str]
    """What happens after it: `warn` (default) or `close`."""


class WsExtraFlowArgs(TypedDict):
    """A flow that the vendor's page does not have."""

    id: str
    """Id of the flow, lower case with hyphens."""
    source: str
    """Role or peer that opens the connection."""
    destination: str
    """Role or peer that answers."""
    transport: str
    """`tcp` or `udp`."""
    ports: list[int]
    """Destination ports."""
    reason: str
    """Why it is needed."""
    until: str
    """Last day."""
    ticket: NotRequired[str]
    """Where it was decided."""
    slot: NotRequired[int]
    """Frozen position, from which priorities come."""


class WsExtraHostArgs(TypedDict):
    """A host that the vendor's page does not have, for every flow to its destination."""

    fqdn: str
    """Host name in full."""
    destination: str
    """Service that it belongs to."""
    reason: str
    """Why it is needed."""
    until: str
    """Last day."""
    ticket: NotRequired[str]
    """Where it was decided."""
    addressing: NotRequired[str]
    """`dynamic` (default), or `cdn` where it must never be allowed by address."""


class WsResolutionSettingsArgs(TypedDict):
    """How long resolved addresses hold."""

    grace_days: NotRequired[int]
    """Days that an address stays after the answers no longer have it; 7 unless told."""
    max_age_days: NotRequired[int]
    """Days after which a snapshot that nobody resolved again is a finding; 30 unless told."""


class WsDeploymentArgs(TypedDict):
    """A site: region, roles, features, peers, and every exception with its reason and end date."""

    region: str
    """Region of the service, for example `de-1`."""
    revision: str
    """State of the catalogue, an ISO date. Only this line brings changes of the vendor's page."""
    roles: list[str]
    """Components that the site deploys, for example `agent` and `relay`."""
    also_regions: NotRequired[list[str]]
    """Further regions whose hosts and blocks are needed too, during a migration."""
    min_confidence: NotRequired[str]
    """How sure a host name must be to be opened: `documented` (default), `field` or `inferred`."""
    agent_build: NotRequired[WsAgentBuildArgs]
    """Versions of the agents; without it, current ones are assumed."""
    communication: NotRequired[str]
    """`agent-initiated` (default), `bidirectional` or `manager-initiated`."""
    features: NotRequired[list[str]]
    """Everything that is switched on; without it, the product's defaults."""
    address_families: NotRequired[list[str]]
    """Families of `any-address` and of the snapshot: `ipv4` (default), `ipv6`."""
    peers: NotRequired[dict[str, WsPeerArgs]]
    """Destinations and sources that the site runs, by role."""
    proxy: NotRequired[WsProxyArgs]
    """The web proxy."""
    port_overrides: NotRequired[dict[str, int]]
    """Other ports for flows whose listener the site runs, by flow id."""
    names: NotRequired[list[WsNameArgs]]
    """Forms of address for destinations with host names; default `blocks`, then `refuse`."""
    wildcards: NotRequired[str]
    """What becomes of the page's wildcard where a target cannot say it: `expand` (default) or `refuse`."""
    resolution: NotRequired[WsResolutionSettingsArgs]
    """How long resolved addresses hold."""
    behind: NotRequired[dict[str, str]]
    """Which policy holds the names where a target is open to any address, by target."""
    any_address: NotRequired[dict[str, WsExemptionArgs]]
    """Reasons for `any-address`, by destination."""
    decline: NotRequired[dict[str, WsExemptionArgs]]
    """Flows of the page that the site does not want, by flow id."""
    expires: NotRequired[dict[str, WsExpiryArgs]]
    """Flows with an end date, by flow id."""
    accept: NotRequired[dict[str, WsExemptionArgs]]
    """Accepted findings, by `code` or `code:flow`."""
    extra_flows: NotRequired[list[WsExtraFlowArgs]]
    """Flows that the page does not have."""
    extra_hosts: NotRequired[list[WsExtraHostArgs]]
    """Hosts that the page does not have."""
    http: NotRequired[bool]
    """Open the HTTP of pairs that only the URL table lists."""
    icmp: NotRequired[bool]
    """Open ICMP fragmentation-needed from the peer `network` to agents."""
    legacy_account: NotRequired[bool]
    """The account is older than 2021-08-04."""
    deny_rest: NotRequired[bool]
    """Deny what no rule allows, on Azure and GCP, whose own rules allow it; must be said there."""
    machines: NotRequired[dict[str, WsMachinesArgs]]
    """How GCP finds the machines of each role, by role."""
    layout: NotRequired[str]
    """`per-flow` (default) or `minimal`."""
    split: NotRequired[dict[str, int]]
    """Over how many groups the rules of a role are spread, by role."""
    quotas: NotRequired[dict[str, int]]
    """Limits that the platform raised, for example `aws-rules-per-security-group`."""
    tags: NotRequired[dict[str, str]]
    """Tags of every resource that can have some."""


class WsResolvedNameArgs(TypedDict):
    """What one name resolved to."""

    ipv4: NotRequired[list[str]]
    """IPv4 addresses."""
    ipv6: NotRequired[list[str]]
    """IPv6 addresses."""
    absent_since: NotRequired[dict[str, str]]
    """First day without an address that is still kept, by address."""


class WsSnapshotArgs(TypedDict):
    """Names to addresses: the content of a snapshot file."""

    format: int
    """Format of the file."""
    place: str
    """Where it was resolved."""
    names: dict[str, WsResolvedNameArgs]
    """Addresses by host name."""
    example: NotRequired[bool]
    """The addresses are those of documentation, where nobody answers."""
