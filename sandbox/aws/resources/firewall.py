"""`aws.networkfirewall.RuleGroup` and `aws.networkfirewall.FirewallPolicy`.

Owns how they change: name, capacity, type and rule order make a new one, all else is one request with the token of the
last look, so that a change beside the program is found before it is overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.api_model import FIREWALL
from sandbox.aws.cloud import tags_of
from sandbox.aws.firewall_contents import DEFAULT_ORDER
from sandbox.aws.resources.base import REGION, TAGS, tag_problems
from sandbox.aws.resources.firewall_shapes import POLICY, RULE_GROUP
from sandbox.aws.resources.services import NAME, ServiceResource, one_of
from sandbox.aws.resources.shapes import from_api, problems, to_api
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud
    from sandbox.aws.resources.shapes import Part

ENCRYPTION = Input(dict, computed=True, emulated=False)


class FirewallResource(ServiceResource):
    """A resource with its ARN as its id, a nested content with a rule order, and an update token."""

    service = FIREWALL
    #: The content's property and table, and where in it the options with the rule order are.
    content: ClassVar[str]
    parts: ClassVar[Mapping[str, Part]]
    options: ClassVar[str]

    def problems(self, news: Properties) -> list[Failure]:
        """Check the nested content."""
        found = tag_problems(news)
        if self.content in news:
            found += problems(self.parts, news[self.content], self.content)
        return found

    def normal(self, name: str, value: Any) -> Any:
        """Compare contents as the API's requests."""
        return to_api(self.parts, value) if name == self.content and isinstance(value, dict) else value

    def _order(self, inputs: Properties) -> str | None:
        """Return the rule order; None where it is not known."""
        content = inputs.get(self.content) or {}
        options = (content.get(self.options) or {}) if isinstance(content, dict) else content
        return None if is_unknown(options) else str(options.get("ruleOrder") or DEFAULT_ORDER)

    def changes(self, old: Properties, news: Properties) -> dict[str, tuple[str, bool]]:
        """As the base; another rule order makes a new resource, as the API cannot change it."""
        found = super().changes(old, news)
        orders = {self._order(old), self._order(news)}
        if self.content in found and len(orders) == 2 and None not in orders:
            found[f"{self.content}.{self.options}.ruleOrder"] = ("UPDATE", True)
        return found

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return the token, when anything but tags changes."""
        return ("updateToken",) if self.changes(old, news).keys() - {"tags"} else ()

    def text(self, news: Properties) -> dict[str, str]:
        """Return `Description` for a request; the API takes no empty one."""
        return {"Description": news["description"]} if news.get("description") else {}

    def live(self, cloud: AwsCloud, answer: Properties, shape: Properties, known: Properties) -> Properties:
        """Return the properties that both resources have."""
        kind = self.parts_name()
        found = {
            **self.shown(cloud, shape[f"{kind}Arn"], tags_of(shape.get("Tags", [])), known),
            self.content: from_api(self.parts, answer[kind]),
            "name": shape[f"{kind}Name"],
            "updateToken": answer["UpdateToken"],
        }
        return found | ({"description": shape["Description"]} if "Description" in shape else {})

    def parts_name(self) -> str:
        """Return the API's name of the content, which is that of the resource."""
        return f"{self.content[0].upper()}{self.content[1:]}"

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return it with its content."""
        kind = self.parts_name()
        answer = self.look(cloud, f"Describe{kind}", known, **{f"{kind}Arn": key})
        return None if answer is None else self.live(cloud, answer, answer[f"{kind}Response"], known)

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Never called: an update needs the token."""
        raise NotImplementedError

    def update_from(self, cloud: AwsCloud, key: str, state: Properties, old: Properties, news: Properties) -> None:
        """Replace the content with the token of the state, then change the tags."""
        kind = self.parts_name()
        if self.changes(old, news).keys() - {"tags"}:
            self.ask(
                cloud,
                f"Update{kind}",
                news,
                UpdateToken=state["updateToken"],
                **{f"{kind}Arn": key},
                **self.wish(news, state),
                **self.text(news),
            )
        self.retag_arn(cloud, key, news)

    def wish(self, news: Properties, state: Properties) -> Properties:
        """Return the content of a request."""
        del state
        return {self.parts_name(): to_api(self.parts, news[self.content])}

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete it. The real provider tries for ten minutes while it is in use; here the refusal comes at once."""
        kind = self.parts_name()
        self.look(cloud, f"Delete{kind}", state, **{f"{kind}Arn": key})


class RuleGroup(FirewallResource):
    """A stateful rule group. As with the real provider `rules` is not read back: a change beside it shows nowhere."""

    token = "aws:networkfirewall/ruleGroup:RuleGroup"
    title = "NetworkFirewall Rule Group"
    content = "ruleGroup"
    parts = RULE_GROUP
    options = "statefulRuleOptions"
    inputs: ClassVar[Mapping[str, Input]] = {
        "capacity": Input(int, required=True, replaces=True),
        "description": Input(str),
        "encryptionConfiguration": ENCRYPTION,
        "name": NAME,
        "region": REGION,
        "ruleGroup": Input(dict, computed=True),
        "rules": Input(str, local=True),
        "tags": TAGS,
        "type": Input(str, required=True, replaces=True),
    }
    outputs = ("arn", "tagsAll", "updateToken")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the type too."""
        found = super().problems(news) + one_of(news, "type", ("STATELESS", "STATEFUL"))
        if news["type"] == "STATELESS":
            found.append(Failure("type", "Stateless rule groups are not emulated here; use the real provider."))
        return found

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return the content too, where it comes from `rules`."""
        found = super().unsettled(old, news)
        return (*found, self.content) if found and "rules" in self.changes(old, news) else found

    def wish(self, news: Properties, state: Properties) -> Properties:
        """Return the rules as text where the program gives them so; the API takes one of the two."""
        if "rules" in news:
            return {"Rules": news["rules"]}
        return {"RuleGroup": to_api(self.parts, news.get(self.content) or state[self.content])}

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create it."""
        content = {"RuleGroup": to_api(self.parts, news[self.content])} if self.content in news else {}
        answer = self.ask(
            cloud,
            "CreateRuleGroup",
            news,
            RuleGroupName=news["name"],
            Type=news["type"],
            Capacity=news["capacity"],
            **content,
            **({"Rules": news["rules"]} if "rules" in news else {}),
            **self.text(news),
            **self.new_tags(cloud, news),
        )
        return str(answer["RuleGroupResponse"]["RuleGroupArn"])

    def live(self, cloud: AwsCloud, answer: Properties, shape: Properties, known: Properties) -> Properties:
        """Return capacity and type too."""
        found = super().live(cloud, answer, shape, known)
        return {**found, "capacity": shape["Capacity"], "type": shape["Type"]}


class FirewallPolicy(FirewallResource):
    """A firewall policy with stateful rule groups."""

    token = "aws:networkfirewall/firewallPolicy:FirewallPolicy"
    title = "NetworkFirewall Firewall Policy"
    content = "firewallPolicy"
    parts = POLICY
    options = "statefulEngineOptions"
    inputs: ClassVar[Mapping[str, Input]] = {
        "description": Input(str),
        "encryptionConfiguration": ENCRYPTION,
        "firewallPolicy": Input(dict, required=True),
        "name": NAME,
        "region": REGION,
        "tags": TAGS,
    }
    outputs = ("arn", "tagsAll", "updateToken")

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create it."""
        answer = self.ask(
            cloud,
            "CreateFirewallPolicy",
            news,
            FirewallPolicyName=news["name"],
            **self.wish(news, {}),
            **self.text(news),
            **self.new_tags(cloud, news),
        )
        return str(answer["FirewallPolicyResponse"]["FirewallPolicyArn"])
