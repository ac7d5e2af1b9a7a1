"""`aws.route53.ResolverFirewallRule`, `…RuleGroupAssociation` and `…Config`.

Owns that a rule has no id in the API: it is made of its group's and its list's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.aws.resources.base import REGION, TAGS
from sandbox.aws.resources.dns_lists import ResolverResource
from sandbox.aws.resources.services import RefusedError, one_of
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud

UNUSED = Input(str, emulated=False)
INSPECT, TRUST = "INSPECT_REDIRECTION_DOMAIN", "TRUST_REDIRECTION_DOMAIN"


class Rule(ResolverResource):
    """A rule for a domain list; with the id `GROUP:LIST`."""

    token = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
    title = "Route53 Resolver Firewall Rule"
    inputs: ClassVar[Mapping[str, Input]] = {
        "action": Input(str, required=True),
        "blockOverrideDnsType": Input(str),
        "blockOverrideDomain": Input(str),
        "blockOverrideTtl": Input(int),
        "blockResponse": Input(str),
        "confidenceThreshold": UNUSED,
        "dnsThreatProtection": UNUSED,
        "firewallDomainListId": Input(str, required=True, replaces=True),
        "firewallDomainRedirectionAction": Input(str, default=INSPECT),
        "firewallRuleGroupId": Input(str, required=True, replaces=True),
        "name": Input(str, computed=True),
        "priority": Input(int, required=True),
        "qType": UNUSED,
        "region": REGION,
    }
    outputs = ("firewallThreatProtectionId",)

    def problems(self, news: Properties) -> list[Failure]:
        """Check what has few values."""
        return [
            *one_of(news, "action", ("ALLOW", "BLOCK", "ALERT")),
            *one_of(news, "blockOverrideDnsType", ("CNAME",)),
            *one_of(news, "blockResponse", ("NODATA", "NXDOMAIN", "OVERRIDE")),
            *one_of(news, "firewallDomainRedirectionAction", (INSPECT, TRUST)),
        ]

    @staticmethod
    def _api(name: str) -> str:
        return f"{name[0].upper()}{name[1:]}"

    def _wish(self, news: Properties) -> Properties:
        """Return the rule in the API's words."""
        return {self._api(name): news[name] for name in self.inputs if name != "region" and name in news}

    @staticmethod
    def _ids(key: str) -> dict[str, str]:
        group, _, domains = key.partition(":")
        if not group or not domains:
            raise RefusedError(
                "InvalidId",
                f"unexpected format for ID ({key}), expected firewall_rule_group_id:firewall_domain_list_id",
            )
        return {"FirewallRuleGroupId": group, "FirewallDomainListId": domains}

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create it."""
        self.ask(cloud, "CreateFirewallRule", news, **self.request_id(), **self._wish(news))
        return f"{news['firewallRuleGroupId']}:{news['firewallDomainListId']}"

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the group's rule that has the list."""
        ids = self._ids(key)
        answer = self.look(cloud, "ListFirewallRules", known, FirewallRuleGroupId=ids["FirewallRuleGroupId"])
        rules = answer["FirewallRules"] if answer else []
        found = [rule for rule in rules if rule["FirewallDomainListId"] == ids["FirewallDomainListId"]]
        if not found:
            return None
        live = {name: found[0][self._api(name)] for name in self.inputs if self._api(name) in found[0]}
        return {**live, "firewallThreatProtectionId": "", "region": known.get("region") or cloud.region}

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change it in place."""
        del old
        self.ask(cloud, "UpdateFirewallRule", news, **{**self._wish(news), **self._ids(key)})

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete it."""
        self.look(cloud, "DeleteFirewallRule", state, **self._ids(key))


class Association(ResolverResource):
    """A rule group in force in a VPC."""

    token = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    title = "Route53 Resolver Firewall Rule Group Association"
    inputs: ClassVar[Mapping[str, Input]] = {
        "firewallRuleGroupId": Input(str, required=True, replaces=True),
        "mutationProtection": Input(str, computed=True),
        "name": Input(str, computed=True),
        "priority": Input(int, required=True),
        "region": REGION,
        "tags": TAGS,
        "vpcId": Input(str, required=True, replaces=True),
    }
    outputs = ("arn", "tagsAll")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the protection too; the priority is AWS's to refuse."""
        return super().problems(news) + one_of(news, "mutationProtection", ("ENABLED", "DISABLED"))

    @staticmethod
    def _wish(news: Properties) -> Properties:
        protection = {"MutationProtection": news["mutationProtection"]} if news.get("mutationProtection") else {}
        return {"Name": news["name"], "Priority": news["priority"], **protection}

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Associate them."""
        answer = self.ask(
            cloud,
            "AssociateFirewallRuleGroup",
            news,
            FirewallRuleGroupId=news["firewallRuleGroupId"],
            VpcId=news["vpcId"],
            **self._wish(news),
            **self.request_id(),
            **self.new_tags(cloud, news),
        )
        return str(answer["FirewallRuleGroupAssociation"]["Id"])

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return it."""
        answer = self.look(cloud, "GetFirewallRuleGroupAssociation", known, FirewallRuleGroupAssociationId=key)
        if answer is None:
            return None
        item = answer["FirewallRuleGroupAssociation"]
        return {
            **self.shown(cloud, item["Arn"], self.tags_by_arn(cloud, item["Arn"], known), known),
            "firewallRuleGroupId": item["FirewallRuleGroupId"],
            "mutationProtection": item["MutationProtection"],
            "name": item["Name"],
            "priority": item["Priority"],
            "vpcId": item["VpcId"],
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change it in place, then the tags."""
        if self.changes(old, news).keys() - {"tags"}:
            self.ask(
                cloud,
                "UpdateFirewallRuleGroupAssociation",
                news,
                FirewallRuleGroupAssociationId=key,
                **self._wish(news),
            )
        answer = self.ask(cloud, "GetFirewallRuleGroupAssociation", news, FirewallRuleGroupAssociationId=key)
        self.retag_arn(cloud, answer["FirewallRuleGroupAssociation"]["Arn"], news)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Take the group away from the VPC."""
        self.look(cloud, "DisassociateFirewallRuleGroup", state, FirewallRuleGroupAssociationId=key)


class Config(ResolverResource):
    """What a VPC does when DNS Firewall fails. Each VPC has it: deleting it sets it back to failing closed."""

    token = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"
    title = "Route53 Resolver Firewall Config"
    inputs: ClassVar[Mapping[str, Input]] = {
        "firewallFailOpen": Input(str, computed=True),
        "region": REGION,
        "resourceId": Input(str, required=True, replaces=True),
    }
    outputs = ("ownerId",)

    def problems(self, news: Properties) -> list[Failure]:
        """Check what has few values."""
        return one_of(news, "firewallFailOpen", ("ENABLED", "DISABLED", "USE_LOCAL_RESOURCE_SETTING"))

    def _set(self, cloud: AwsCloud, news: Properties) -> str:
        value = {"FirewallFailOpen": news["firewallFailOpen"]} if news.get("firewallFailOpen") else {}
        answer = self.ask(cloud, "UpdateFirewallConfig", news, ResourceId=news["resourceId"], **value)
        return str(answer["FirewallConfig"]["Id"])

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Set it."""
        return self._set(cloud, news)

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return it; the API finds one by its VPC only, so all are listed."""
        found = self.ask(cloud, "ListFirewallConfigs", known)["FirewallConfigs"]
        item = next((item for item in found if item["Id"] == key), None)
        if item is None:
            return None
        return {
            "firewallFailOpen": item["FirewallFailOpen"],
            "ownerId": item["OwnerId"],
            "region": known.get("region") or cloud.region,
            "resourceId": item["ResourceId"],
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Set it."""
        del key, old
        self._set(cloud, news)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Set it back. Other than with other resources, a VPC that is gone is an error, as in the real provider."""
        del key
        self._set(cloud, {**state, "firewallFailOpen": "DISABLED"})
