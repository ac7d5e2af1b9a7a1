"""`aws.route53.ResolverFirewallDomainList` and `aws.route53.ResolverFirewallRuleGroup`.

Owns how the real provider asks: all domains of a list in one request after the list itself, so that a list of more than
1,000 is left behind empty.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.api_model import RESOLVER
from sandbox.aws.resources.base import REGION, TAGS, tag_problems
from sandbox.aws.resources.services import NAME, ServiceResource
from sandbox.errors import CloudError, HalfCreated
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud


class ResolverResource(ServiceResource):
    """A resource of DNS Firewall."""

    service = RESOLVER

    def problems(self, news: Properties) -> list[Failure]:
        """Check the tags."""
        return tag_problems(news)

    @staticmethod
    def request_id() -> dict[str, str]:
        """Return `CreatorRequestId` for a request."""
        return {"CreatorRequestId": f"terraform-{secrets.token_hex(13)}"}


class DomainList(ResolverResource):
    """A list of domains."""

    token = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
    title = "Route53 Resolver Firewall Domain List"
    inputs: ClassVar[Mapping[str, Input]] = {"domains": Input(list), "name": NAME, "region": REGION, "tags": TAGS}
    outputs = ("arn", "tagsAll")

    def normal(self, name: str, value: Any) -> Any:
        """Compare domains as a set of texts: another case or a dot at the end is a change, as to the real provider."""
        return sorted(set(value)) if name == "domains" and isinstance(value, list) else value

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create the list, then fill it."""
        answer = self.ask(
            cloud,
            "CreateFirewallDomainList",
            news,
            Name=news["name"],
            **self.request_id(),
            **self.new_tags(cloud, news),
        )
        key = str(answer["FirewallDomainList"]["Id"])
        try:
            self._fill(cloud, key, [], news)
        except CloudError as failure:
            raise HalfCreated(key, str(failure)) from None
        return key

    def _fill(self, cloud: AwsCloud, key: str, now: list[str], news: Properties) -> None:
        wanted = news.get("domains", [])
        if self.normal("domains", wanted) == self.normal("domains", now):
            return
        operation, domains = ("REPLACE", wanted) if wanted else ("REMOVE", now)
        self.ask(
            cloud,
            "UpdateFirewallDomains",
            news,
            FirewallDomainListId=key,
            Operation=operation,
            Domains=sorted(set(domains)),
        )

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the list with its domains, without the dot at the end that the API adds, but for `*.`."""
        answer = self.look(cloud, "GetFirewallDomainList", known, FirewallDomainListId=key)
        if answer is None:
            return None
        item = answer["FirewallDomainList"]
        domains = self.ask(cloud, "ListFirewallDomains", known, FirewallDomainListId=key)["Domains"]
        return {
            **self.shown(cloud, item["Arn"], self.tags_by_arn(cloud, item["Arn"], known), known),
            "domains": sorted(domain if domain == "*." else domain.removesuffix(".") for domain in domains),
            "name": item["Name"],
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Replace the domains, then change the tags."""
        del old
        answer = self.ask(cloud, "GetFirewallDomainList", news, FirewallDomainListId=key)
        now = self.ask(cloud, "ListFirewallDomains", news, FirewallDomainListId=key)["Domains"]
        self._fill(cloud, key, [domain if domain == "*." else domain.removesuffix(".") for domain in now], news)
        self.retag_arn(cloud, answer["FirewallDomainList"]["Arn"], news)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete it."""
        self.look(cloud, "DeleteFirewallDomainList", state, FirewallDomainListId=key)


class RuleGroup(ResolverResource):
    """A rule group, without its rules."""

    token = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
    title = "Route53 Resolver Firewall Rule Group"
    inputs: ClassVar[Mapping[str, Input]] = {"name": NAME, "region": REGION, "tags": TAGS}
    outputs = ("arn", "ownerId", "shareStatus", "tagsAll")

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create it."""
        answer = self.ask(
            cloud,
            "CreateFirewallRuleGroup",
            news,
            Name=news["name"],
            **self.request_id(),
            **self.new_tags(cloud, news),
        )
        return str(answer["FirewallRuleGroup"]["Id"])

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return it."""
        answer = self.look(cloud, "GetFirewallRuleGroup", known, FirewallRuleGroupId=key)
        if answer is None:
            return None
        item = answer["FirewallRuleGroup"]
        return {
            **self.shown(cloud, item["Arn"], self.tags_by_arn(cloud, item["Arn"], known), known),
            "name": item["Name"],
            "ownerId": item["OwnerId"],
            "shareStatus": item["ShareStatus"],
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change the tags; all else replaces."""
        del old
        answer = self.ask(cloud, "GetFirewallRuleGroup", news, FirewallRuleGroupId=key)
        self.retag_arn(cloud, answer["FirewallRuleGroup"]["Arn"], news)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete it."""
        self.look(cloud, "DeleteFirewallRuleGroup", state, FirewallRuleGroupId=key)
