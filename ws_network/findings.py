"""Findings: what a plan wants a person to know, as data.

Owns every finding code with its severity, meaning and remedy (`CODES`), and the order of severities.
Does not own the texts of single findings: who finds something says what and where.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum, unique

from ws_network.errors import UserError, unknown_name


@unique
class Severity(StrEnum):
    """How much a finding matters, least first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    ERROR = "error"
    """The plan cannot be deployed."""

    @property
    def rank(self) -> int:
        """0 for `info`; larger is worse."""
        return list(Severity).index(self)

    def at_least(self, other: "Severity") -> bool:
        """Return whether this is as bad as `other`, or worse."""
        return self.rank >= other.rank


@dataclass(frozen=True, slots=True)
class Code:
    """What a finding code means, for the reference and for `--fail-on`."""

    severity: Severity
    meaning: str
    remedy: str


CODES: dict[str, Code] = {
    "agent-build-assumed": Code(
        Severity.INFO,
        "The deployment names no agent builds, so the newest behaviour is assumed.",
        "Give agent_build with the oldest and newest version of the fleet.",
    ),
    "alert-only": Code(
        Severity.HIGH,
        "A filter of names logs what it would drop, and drops nothing.",
        "Take alert_only out when the log shows nothing that is needed.",
    ),
    "any-address": Code(
        Severity.HIGH,
        "A flow is open to any address on its port, because the deployment says so; "
        "low where a named egress policy stands behind it.",
        "Name the policy that holds the names under behind, or choose a narrower form under names.",
    ),
    "bogon-answer": Code(
        Severity.HIGH,
        "DNS gave an address that no public name may have; it was refused, since it could open the inside network.",
        "Resolve on a resolver that you trust; for a name of your own, list its ranges under the peer's within.",
    ),
    "behind-uncovered": Code(
        Severity.ERROR,
        "The policy that is said to stand behind any-address does not allow a host that the flow needs.",
        "Let the policy filter that host by name (names: {<policy>: [name-filter]}), or remove it from behind.",
    ),
    "both-groups": Code(
        Severity.INFO,
        "Azure asks the security group of the subnet and that of the interface, and both must admit the traffic.",
        "Give the subnets no group, or one that admits what the groups of the roles do.",
    ),
    "capacity-unsaid": Code(
        Severity.MEDIUM,
        "The capacity of a rule group follows the need, and another capacity is another group; AWS cannot replace one "
        "that a firewall policy of another stack still holds.",
        "Give capacity, or say firewall_policy: true.",
    ),
    "content-network-by-name": Code(
        Severity.MEDIUM,
        "Names of a content network are followed by name, and the platform keeps a few of their many answers.",
        "Reach them through a policy that filters names, or accept that a download may need another try.",
    ),
    "content-network-not-resolved": Code(
        Severity.INFO,
        "A host of a content network was not resolved: its addresses belong to other sites too.",
        "Reach it through a policy that filters names, or choose a form under names that needs no address.",
    ),
    "contradiction": Code(
        Severity.LOW,
        "The sources disagree about a flow that this plan uses; the plan follows the resolution in the catalogue.",
        "Read the contradiction in the catalogue and decline the flow if your site shows otherwise.",
    ),
    "declined": Code(
        Severity.LOW,
        "The deployment declines a flow of the page.",
        "Remove the entry under decline to open the flow.",
    ),
    "deny-rest-unsaid": Code(
        Severity.ERROR,
        "The platform allows what no rule names, and the deployment does not say whether the rest is denied.",
        "Say deny_rest: true to deny it, or deny_rest: false to leave it open.",
    ),
    "description-shortened": Code(
        Severity.INFO,
        "The platform limits descriptions, so a rule names only the first of its flows.",
        "See the plan for the whole list.",
    ),
    "dns-blocks-others": Code(
        Severity.MEDIUM,
        "DNS Firewall is for a whole VPC: names that the page does not list are cut off for machines of others too.",
        "Associate a rule group with the names of the others first, under a lower priority, or use alert_only.",
    ),
    "dns-proxy-off": Code(
        Severity.ERROR,
        "A network rule of Azure Firewall follows a host name only where the DNS proxy of its policy is on.",
        "Switch the proxy on and say dns_proxy: true, or give the peer IPv4 ranges.",
    ),
    "domain-list-denies": Code(
        Severity.LOW,
        "A domain list of Network Firewall that allows names drops all others of the same protocols by itself.",
        "In a policy of your own, put what else the machines need before it; or leave domain_list out.",
    ),
    "enters-elsewhere": Code(
        Severity.MEDIUM,
        "A policy at the edge holds what leaves, and a required flow enters: only the machines' groups have its rules.",
        "Where the same firewall sees what enters, open the flow in it by a rule of your own.",
    ),
    "exception-expired": Code(
        Severity.HIGH,
        "An exception is past its end date; nothing changed by itself.",
        "Remove the exception or give it a new end date.",
    ),
    "expired": Code(
        Severity.HIGH,
        "A flow is past the end date that the deployment gives it; it stays open unless on_expiry is close.",
        "Remove the flow with decline, extend the date, or say on_expiry: close.",
    ),
    "expired-closed": Code(
        Severity.MEDIUM,
        "A flow is past its end date and on_expiry: close took it out.",
        "Move the entry from expires to decline.",
    ),
    "extra": Code(
        Severity.LOW,
        "A flow or host comes from the deployment, not from the page; it says so where it makes no rule.",
        "Remove it from extra_flows or extra_hosts when the page has it.",
    ),
    "family-without-networks": Code(
        Severity.LOW,
        "A firewall finds a role by its networks, and those given are all of the other address family; an error for a "
        "flow that has no address of theirs.",
        "Give the role's networks of that family in role_cidrs, or the other end addresses of the one that is there.",
    ),
    "feature-off": Code(
        Severity.INFO,
        "A feature that is on by default in the product is not in the deployment's features, so its flows stay closed.",
        "Add it to features, or switch it off in the product's policies.",
    ),
    "followed-by-name": Code(
        Severity.INFO,
        "The platform follows host names by its own DNS, so the addresses that are open are not known here.",
        "Nothing, where the machines ask the same DNS.",
    ),
    "foreign-priorities-unseen": Code(
        Severity.INFO,
        "The rules go into a firewall policy that exists, whose other rules a program cannot list; where two rules "
        "would have one priority, GCP refuses the second one.",
        "Look at the policy's priorities once, and give first_priority and last_priority where it is free.",
    ),
    "foreign-rule": Code(
        Severity.MEDIUM,
        "A group that is adopted has rules of others among the priorities that ours may take.",
        "Give a first and a last priority that are free of rules of others.",
    ),
    "foreign-rules-unseen": Code(
        Severity.INFO,
        "Whether rules of others have priorities that ours take was not looked at; the cloud refuses the second one.",
        "Look at the priorities of the adopted group, or preview with its name in plain text and credentials.",
    ),
    "handshake-passes": Code(
        Severity.INFO,
        "A filter of names knows no name before a client sends it, so a connection begins before it is judged.",
        "Keep the machines' own groups: they decide to which addresses and ports a connection may begin.",
    ),
    "host-confidence": Code(
        Severity.MEDIUM,
        "Hosts are left out because they are less sure than min_confidence.",
        "Lower min_confidence to open them.",
    ),
    "host-only": Code(
        Severity.INFO,
        "A flow never leaves the machine, so only a host firewall sees it.",
        "Allow it in the host firewall of the role.",
    ),
    "form-left-out": Code(
        Severity.MEDIUM,
        "A rule cannot name a peer by one of the forms it is given by, and the others do not stand for that one.",
        "Give the peer's ranges under cidrs, or a mark of the kind that finds the rule's own machines.",
    ),
    "http-optional": Code(
        Severity.INFO,
        "HTTP on port 80 is listed by one table of the page only and stays closed.",
        "Say http: true to open it.",
    ),
    "icmp-any-type": Code(
        Severity.MEDIUM,
        "The target cannot say ICMP's type and code, so all of ICMP from the named ranges is open.",
        "Narrow the ranges of the peer network, or say icmp: false.",
    ),
    "ipv4-only": Code(
        Severity.INFO,
        "What the page gives for this flow is IPv4 only, so nothing of it is open over IPv6.",
        "Nothing, unless your machines have no IPv4.",
    ),
    "ipv6-unsayable": Code(
        Severity.ERROR,
        "Rules of Azure Firewall take IPv4 only; low where the flow has IPv4 addresses or a service tag too.",
        "Give the peer IPv4 ranges; IPv6 does not go through the firewall, so the groups of the machines are for it.",
    ),
    "limit": Code(
        Severity.ERROR,
        "The plan is over a limit of the platform.",
        "Use the minimal layout, split the role over several groups, or raise the quota and say so under quotas.",
    ),
    "list-split": Code(
        Severity.LOW,
        "A list of addresses is longer than the platform takes at once, so it is several lists.",
        "Cover the addresses with wider blocks that are yours, or give a list of your own by id.",
    ),
    "lost-flow": Code(
        Severity.ERROR,
        "A required flow ended without rule or finding. Never seen: it would be a defect of this library.",
        "Report it with the deployment.",
    ),
    "manage-without-source": Code(
        Severity.LOW,
        "A managed role listens for nobody in this deployment.",
        "Declare who uses it: a role of the site or peers.",
    ),
    "name-claimed": Code(
        Severity.INFO,
        "A filter of names reads the name that a client sends; the client may send it to a host of another owner.",
        "Keep the machines' own groups as narrow as the names allow; inspection of TLS breaks hosts that are exempt.",
    ),
    "name-not-found": Code(
        Severity.MEDIUM,
        "DNS says that a needed name, or one that it leads to, does not exist (NXDOMAIN).",
        "Look whether the name is right and the resolver sees it; a host of the page that is gone is worth a report.",
    ),
    "name-not-needed": Code(
        Severity.LOW,
        "The snapshot has a name that no given deployment needs: it was not asked for, and goes after the window.",
        "Nothing, or resolve with all deployments that share the snapshot: ws-network resolve FILE FILE.",
    ),
    "name-on-every-port": Code(
        Severity.LOW,
        "The form that names are held in has no ports: a host is admitted on every port.",
        "Keep the ports in the machines' own groups, or leave domain_list out.",
    ),
    "names-refused": Code(
        Severity.ERROR,
        "A required flow has hosts that no permitted form of address covers.",
        "Give the destination a form under names: a snapshot, a policy that filters names, or any-address.",
    ),
    "network-acl-blocks": Code(
        Severity.HIGH,
        "An existing network ACL drops requests of a required flow.",
        "Add the entry that the finding names, before the one that denies.",
    ),
    "network-acl-blocks-replies": Code(
        Severity.HIGH,
        "An existing network ACL lets a required flow ask and drops the replies: it knows no connections.",
        "Add the entry that the finding names, before the one that denies.",
    ),
    "network-acl-replies-open": Code(
        Severity.LOW,
        "Replies from any address need their ports open to any address in a network ACL, which knows no connections.",
        "Keep the groups, which know them; a network ACL is a second fence only.",
    ),
    "no-hosts": Code(
        Severity.ERROR,
        "A required flow is left without any host.",
        "Lower min_confidence, add the host with extra_hosts, or decline the flow.",
    ),
    "no-time-check": Code(
        Severity.INFO,
        "No date was given, so end dates and ages were not looked at.",
        "Give as_of.",
    ),
    "not-enforced": Code(
        Severity.HIGH,
        "The rest is not denied, so the rules permit nothing that was not permitted before.",
        "Say deny_rest: true when every other rule that the machines need is in place.",
    ),
    "not-seen": Code(
        Severity.INFO,
        "A filter of names does not see this traffic: it stays inside the network, or no host name is in it.",
        "Nothing: the groups and rules of the machines are for it.",
    ),
    "nothing-required": Code(
        Severity.LOW,
        "A role of the deployment ends without a single rule.",
        "Look at the findings of its flows, or remove the role.",
    ),
    "option-off": Code(
        Severity.INFO,
        "A flow is listed by the page but waits for a switch of the deployment.",
        "Set the switch to open it.",
    ),
    "outside-known-blocks": Code(
        Severity.MEDIUM,
        "A name resolved to an address outside the blocks that its owner publishes for it.",
        "Look whose address it is before you commit the snapshot; a new block is a new revision of the catalogue.",
    ),
    "peer-unsayable": Code(
        Severity.ERROR,
        "A peer or role is given in no form that the target's rule can hold in this direction.",
        "Give its ranges as cidrs.",
    ),
    "place-changed": Code(
        Severity.LOW,
        "The snapshot was resolved at another place than before, and answers differ by place.",
        "Resolve at one place, as near to the network as there is; give --place only when it moves for good.",
    ),
    "platform-names-admitted": Code(
        Severity.INFO,
        "The firewall admits host names of the cloud's own platform by itself, for every machine behind it.",
        "Nothing, where they may pass; else let an application collection that denies all come last in the policy.",
    ),
    "platform-unfiltered": Code(
        Severity.INFO,
        "The platform does not filter this traffic, so there is no rule that would only pretend to.",
        "Nothing; the flow is open.",
    ),
    "policy-unseen": Code(
        Severity.INFO,
        "The rule group goes into a firewall policy that exists; only that policy drops what no rule passes.",
        "Look that it has strict order and aws:drop_established; for a policy of another stack give capacity. Or say "
        "firewall_policy: true.",
    ),
    "priority-taken": Code(
        Severity.ERROR,
        "Two rules would have one priority, or a rule has none inside the band.",
        "Widen the priority band, give the extra flow another slot, say one of the other ends by its ranges, or rename "
        "one of two invented roles.",
    ),
    "proxied": Code(
        Severity.INFO,
        "A flow goes through the web proxy, so there is no direct rule.",
        "Remove its destination from proxy.covers to open it directly.",
    ),
    "quota-unknown": Code(
        Severity.LOW,
        "A prefix list given by id counts with its max_entries, which the plan cannot see; it is counted as one rule.",
        "Check the list's max_entries against the group's quota.",
    ),
    "replaced-by-server": Code(
        Severity.INFO,
        "Hosts are not needed because a declared server of the site answers in their place.",
        "Remove serves from the peer to open the hosts again.",
    ),
    "resolution-failed": Code(
        Severity.MEDIUM,
        "DNS gave no usable answer to a question, which proves nothing: the addresses from before stay.",
        "Resolve again; if it stays so, ask another resolver with --resolver.",
    ),
    "resolved-nothing": Code(
        Severity.MEDIUM,
        "A needed name has no address in the snapshot.",
        "Look at its other findings; give another form under names for its destination if it has none.",
    ),
    "revision-newer": Code(
        Severity.INFO,
        "The catalogue has newer revisions than the one the deployment is pinned to.",
        "Read the differences with ws-network diff, then move revision.",
    ),
    "role-by-ranges": Code(
        Severity.INFO,
        "The target's rule cannot name the machines of a role there, so their ranges stand for them.",
        "Keep the ranges of the role's subnets current under peers.",
    ),
    "role-split": Code(
        Severity.INFO,
        "The rules of a role are spread over several groups.",
        "Attach all of them to each machine of the role.",
    ),
    "role-without-machines": Code(
        Severity.ERROR,
        "A rule of GCP without a target is for every machine of the network, and the role has none.",
        "Say how its machines are found, under machines.",
    ),
    "slot-missing": Code(
        Severity.ERROR,
        "Rules on this target have priorities, and an extra flow has no slot to take one from.",
        "Give the extra flow a slot.",
    ),
    "snapshot-age-unknown": Code(
        Severity.INFO,
        "The snapshot's own file holds no time of its last resolution, and nobody told it; medium where it lies ahead.",
        "Give the day of the file beside the snapshot (ws_network.resolved_on); resolve again where it is broken.",
    ),
    "snapshot-example": Code(
        Severity.HIGH,
        "The snapshot says that its addresses are examples, so what is reached by them is cut off.",
        "Resolve the names: ws-network resolve.",
    ),
    "snapshot-missing": Code(
        Severity.MEDIUM,
        "Names are to be allowed by the snapshot's addresses, but it has none for some of them.",
        "Resolve again, or give another form for the destination.",
    ),
    "snapshot-old": Code(
        Severity.HIGH,
        "Nobody resolved the names for longer than the deployment allows; nothing closes by that alone.",
        "Resolve again: ws-network resolve, or raise resolution.max_age_days.",
    ),
    "snapshot-used": Code(
        Severity.LOW,
        "Names are allowed by addresses that were resolved at one place and time.",
        "Keep the snapshot fresh; the network's own answer may differ from the one recorded.",
    ),
    "split-ignored": Code(
        Severity.INFO,
        "The deployment splits a role over several groups, which only AWS can: its machines wear all of them.",
        "Remove split, or keep it for the stack on AWS.",
    ),
    "tls-inspection": Code(
        Severity.INFO,
        "Hosts on this path authenticate both sides, so TLS inspection breaks them.",
        "Exempt them from inspection.",
    ),
    "tls-or-http": Code(
        Severity.INFO,
        "A flow by host name has a port other than 80 and 443, where TLS or HTTP may be spoken, so both are allowed.",
        "Nothing; the host names are the same.",
    ),
    "unknown-hosts": Code(
        Severity.INFO,
        "A row of the page has hosts that no source tells.",
        "Look at your copy of the page, and add what it says with extra_hosts.",
    ),
    "unknown-port": Code(
        Severity.INFO,
        "No source tells the port of this flow, so it is never rendered.",
        "Add it with extra_flows where you know it.",
    ),
    "wildcard-admitted": Code(
        Severity.LOW,
        "The target says the page's wildcard: a name and every name under it, also those that the page does not list.",
        "Nothing, where the names under it are the vendor's to give.",
    ),
    "wildcard-expanded": Code(
        Severity.INFO,
        "The target cannot say the page's wildcard, so the listed names stand for it.",
        "Use a policy that filters by wildcard if the service adds names.",
    ),
    "wildcard-refused": Code(
        Severity.ERROR,
        "The target cannot say the page's wildcard, and the deployment refuses to expand it.",
        "Say wildcards: expand, or reach the names through a policy that filters by wildcard.",
    ),
}
"""Every code a finding may have. The severity is the usual one; a finding may carry a lower one and says why."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to know: which code, how bad, about which flow or setting, what, and what to do."""

    code: str
    severity: Severity
    flow: str
    """Flow id, role or setting that it is about; empty for the whole plan."""
    text: str
    remedy: str
    accepted: str = ""
    """Reason under which the deployment accepts it; empty where it does not."""

    def to_dict(self) -> dict[str, str]:
        """Return the finding in JSON's words; `accepted` only where it is."""
        out = {
            "code": self.code,
            "severity": str(self.severity),
            "flow": self.flow,
            "text": self.text,
            "remedy": self.remedy,
        }
        return out | {"accepted": self.accepted} if self.accepted else out


def finding(code: str, flow: str, text: str, *, severity: Severity | None = None, remedy: str = "") -> Finding:
    """Return a finding of a documented code, with its usual severity and remedy unless told otherwise."""
    known = CODES[code]
    return Finding(code, severity or known.severity, flow, text, remedy or known.remedy)


def accepted(found: Finding, reason: str) -> Finding:
    """Return the finding as accepted by the deployment: it stays visible, as information."""
    return replace(found, severity=Severity.INFO, accepted=reason)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the highest severity among `findings`, None for none."""
    return max((found.severity for found in findings), key=lambda severity: severity.rank, default=None)


def check_code(code: str) -> None:
    """Raise `UserError` with the nearest name when `code` is not a finding code."""
    if code not in CODES:
        raise UserError(unknown_name("finding code", code, CODES))
