"""URL lists and policies of the emulated Secure Web Proxy keep the rules Google documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.gcp.errors import GcpError
from sandbox.gcp.session import project_number
from sandbox.protocol import UNKNOWN, unpack
from sandbox.provider import provider_pb2
from tests.sandbox.wire import Refused

from .conftest import LOCATIONS, PROJECT, REGION, Engine, Gcp

if TYPE_CHECKING:
    from pathlib import Path

LISTS = f"{LOCATIONS}.urlLists"
POLICIES = f"{LOCATIONS}.gatewaySecurityPolicies"
RULES = f"{POLICIES}.rules"
LIST = "gcp:networksecurity/urlList:UrlList"
POLICY = "gcp:networksecurity/gatewaySecurityPolicy:GatewaySecurityPolicy"
RULE = "gcp:networksecurity/gatewaySecurityPolicyRule:GatewaySecurityPolicyRule"
TLS = f"{REGION}/tlsInspectionPolicies/tls"
LIST_WISH = {"location": "europe-west3", "values": ["files.trendmicro.com"]}
RULE_WISH = {
    "basicProfile": "ALLOW",
    "enabled": True,
    "gatewaySecurityPolicy": "pol",
    "location": "europe-west3",
    "priority": 10,
    "sessionMatcher": "host() == 'files.trendmicro.com'",
}


def named(path: str) -> str:
    """Return the expression that is true for what a list has."""
    return f"inUrlList(host(), '{path}')"


class TestAUrlListTakesWhatGoogleCanMatch:
    """An entry that the proxy cannot read would pass here and fail in a real project."""

    @pytest.mark.parametrize(
        "entry",
        [
            "example.com",
            "*example.com",
            "*.example.com",
            "*server.example.com",
            "*example.com/",
            "*example.com/path*",
            "*example.com/path/*",
            "github.com/example-org/*",
            "10.0.0.1",
        ],
    )
    def test_documented_forms(self, gcp: Gcp, entry: str) -> None:
        path = gcp.url_list("names", entry)
        assert gcp.call(f"{LISTS}.get", name=path)["values"] == [entry]

    @pytest.mark.parametrize(
        "entry",
        [
            "*",
            "localhost",
            "com/path",
            "files.*.trendmicro.com",
            "*.*.trendmicro.com",
            "example.com.",
            "https://example.com/",
            "example.com:443",
            "example.com/path?q=query",
            "example.com/*/path",
            "a example.com",
            "",
        ],
    )
    def test_other_forms(self, gcp: Gcp, entry: str) -> None:
        with pytest.raises(GcpError, match=r"values\[1\]: .* is neither a domain nor a URL"):
            gcp.url_list("names", "example.com", entry)

    def test_as_many_as_documented(self, gcp: Gcp) -> None:
        entries = [f"n{index}.example.com" for index in range(2501)]
        gcp.url_list("full", *entries[:2500])
        with pytest.raises(GcpError, match=r"at most 2500 entries, and this has 2501"):
            gcp.url_list("more", *entries)
        for index in range(9):
            gcp.url_list(f"n{index}")
        with pytest.raises(GcpError, match=r"Error 429: Quota exceeded: at most 10 URL lists"):
            gcp.url_list("eleventh")
        gcp.url_list("eleventh", region=f"projects/{PROJECT}/locations/europe-west1")

    def test_values_change_in_place_and_must_stay(self, gcp: Gcp) -> None:
        path = gcp.url_list()
        gcp.call(f"{LISTS}.patch", {"values": ["a.example.com"]}, name=path, updateMask="values")
        gcp.call(f"{LISTS}.patch", {"description": "x", "values": ["b.c"]}, name=path, updateMask="description")
        found = gcp.call(f"{LISTS}.get", name=path)
        assert (found["values"], found["description"]) == (["a.example.com"], "x")
        with pytest.raises(GcpError, match=r"'url_list.values' is required"):
            gcp.call(f"{LISTS}.patch", {}, name=path, updateMask="values")
        assert [item["name"] for item in gcp.call(f"{LISTS}.list", parent=REGION)["urlLists"]] == [path]

    @pytest.mark.parametrize("name", ["Names", "under_score", "1st", "end-", "x" * 64])
    def test_names(self, gcp: Gcp, name: str) -> None:
        with pytest.raises(GcpError, match=r"must match"):
            gcp.url_list(name)
        gcp.url_list("x" * 63)
        with pytest.raises(GcpError, match=r"already exists"):
            gcp.url_list("x" * 63)


class TestARuleIsCheckedBeforeItIsThere:
    """As for lists."""

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"sessionMatcher": None}, r"session_matcher' is required"),
            ({"basicProfile": None}, r"basic_profile' must be ALLOW or DENY"),
            ({"basicProfile": "BASIC_PROFILE_UNSPECIFIED"}, r"must be ALLOW or DENY"),
            ({"basicProfile": "PERMIT"}, "Must be one of"),
            ({"priority": "10"}, "TYPE_INT32"),
            ({"colour": "red"}, "Unknown name"),
            ({"createTime": "2026-01-01T00:00:00Z"}, "output only"),
            ({"tlsInspectionEnabled": True}, r"only be true if the policy has a tlsInspectionPolicy"),
            ({"sessionMatcher": "'" + "x" * 2047 + "'"}, r"has 2049 characters; a matcher takes at most 2048"),
            ({"applicationMatcher": "'" + "x" * 2047 + "'"}, r"applicationMatcher has 2049 characters"),
            ({"sessionMatcher": f"host().matches('{'x' * 101}')"}, r"more than 100 characters"),
            ({"sessionMatcher": "host("}, r"a value is missing before its end"),
            ({"sessionMatcher": "host() host()"}, r"an operator is missing before host"),
            ({"sessionMatcher": "host() == "}, r"a value is missing"),
            ({"sessionMatcher": "(host() == 'a'"}, r"'\)' is missing"),
            ({"sessionMatcher": "host() == 'a"}, r"cannot be read"),
            ({"sessionMatcher": "hots() == 'a'"}, r"there is no 'hots'"),
            ({"sessionMatcher": "host().match('a')"}, r"there is no 'match'"),
            ({"sessionMatcher": "destination.ip == '10.0.0.1'"}, r"there is no 'destination.ip'"),
            ({"sessionMatcher": "inUrlList('a')"}, r"takes 2 arguments, not 1"),
            ({"sessionMatcher": "request.path == '/'"}, r"'request.path' is for an application matcher only"),
            ({"sessionMatcher": "(" * 2000}, r"more than 50 expressions"),
            ({"sessionMatcher": "inIpRange(source.ip, '10.0.0.1/8')"}, r"not a valid IP range"),
            ({"sessionMatcher": "inIpRange(source.ip, '2001:db8::/65')"}, r"longer than /64"),
            ({"sessionMatcher": "source.matchTag('role/agent')"}, r"must be tagValues/NUMBER"),
            ({"sessionMatcher": named("names")}, r"must be projects/PROJECT/locations/LOCATION/urlLists/NAME"),
            ({"sessionMatcher": named(f"{REGION}/urlLists/gone")}, r"the URL list '.*gone' does not exist"),
            ({"applicationMatcher": f"inUrlList(request.url(), '{REGION}/urlLists/gone')"}, r"does not exist"),
        ],
    )
    def test_refused(self, gcp: Gcp, more: dict[str, Any], words: str) -> None:
        policy = gcp.proxy_policy()
        with pytest.raises(GcpError, match=words):
            gcp.proxy_rule(**more)
        assert gcp.call(f"{RULES}.list", parent=policy)["gatewaySecurityPolicyRules"] == []

    @pytest.mark.parametrize(
        "text",
        [
            "true",
            "host() == 'files.trendmicro.com' && destination.port == 443",
            "!(host().endsWith('.trendmicro.com') || source.ip.startsWith(\"10.\"))",
            "host().lower().matches(R'.*\\.trendmicro\\.com')",
            "inIpRange(source.ip, '2001:db8::/64') || inIpRange(source.ip, '10.0.0.0/8')",
            "source.matchTag('tagValues/123456') || source.matchServiceAccount('a@b.iam.gserviceaccount.com')",
            "int('1' + '0') >= 10",
        ],
    )
    def test_documented_expressions(self, gcp: Gcp, text: str) -> None:
        gcp.proxy_policy()
        rule = gcp.proxy_rule(
            sessionMatcher=text, applicationMatcher=f"request.headers['user-agent'] == 'x' && ({text})"
        )
        assert gcp.call(f"{RULES}.get", name=rule)["sessionMatcher"] == text

    def test_a_priority_is_there_once_in_a_policy(self, gcp: Gcp) -> None:
        gcp.proxy_policy()
        other = gcp.proxy_policy("other")
        gcp.proxy_rule("first")
        with pytest.raises(GcpError, match=r"Priority 10 is that of the rule '.*/rules/first' already"):
            gcp.proxy_rule("second")
        gcp.proxy_rule("second", other)
        third = gcp.proxy_rule("third", priority=11)
        with pytest.raises(GcpError, match=r"Priority 10 is that of"):
            gcp.call(f"{RULES}.patch", {"priority": 10}, name=third, updateMask="priority")

    def test_what_a_policy_has_in_all(self, gcp: Gcp) -> None:
        gcp.proxy_policy()
        for index in range(5):
            gcp.proxy_rule(f"n{index}", priority=index, sessionMatcher="host().matches('a')")
        with pytest.raises(GcpError, match=r"at most 5 regular expressions"):
            gcp.proxy_rule("sixth", sessionMatcher="host().matches('a')")
        gcp.proxy_rule("word", sessionMatcher="host() == 'matches'")

    def test_as_many_rules_as_documented(self, gcp: Gcp) -> None:
        policy = gcp.proxy_policy()
        gcp.proxy_rule()
        with gcp.store.transaction() as state:
            for index in range(499):
                path = f"{policy}/rules/n{index}"
                rule = {"name": path, "priority": 100 + index, "sessionMatcher": "true"}
                state.put("gatewaySecurityPolicies.rules", path, rule, policy)
        with pytest.raises(GcpError, match=r"at most 500 rules"):
            gcp.proxy_rule("more", priority=11)
        with gcp.store.transaction() as state:
            for index in range(499):
                path = f"{policy}/rules/n{index}"
                rule = {"name": path, "priority": 100 + index, "sessionMatcher": "x" * 2048}
                state.put("gatewaySecurityPolicies.rules", path, rule, policy)
        with pytest.raises(GcpError, match=r"at most 1000000 characters"):
            gcp.call(f"{RULES}.patch", {"description": "x"}, name=f"{policy}/rules/rule", updateMask="description")

    def test_as_many_policies_as_documented(self, gcp: Gcp) -> None:
        for index in range(10):
            gcp.proxy_policy(f"n{index}")
        with pytest.raises(GcpError, match=r"Error 429: Quota exceeded: at most 10 policies"):
            gcp.proxy_policy("more")
        with pytest.raises(GcpError, match=r"at most 1024 characters"):
            gcp.proxy_policy("other", f"projects/{PROJECT}/locations/global", description="x" * 1025)


class TestWhatIsInUseStays:
    """A deletion that Google refuses must not pass here: the stack would be stuck in a real project."""

    @pytest.mark.parametrize("field", ["sessionMatcher", "applicationMatcher"])
    @pytest.mark.parametrize("project", [PROJECT, project_number(PROJECT)])
    def test_a_list_that_a_rule_names(self, gcp: Gcp, field: str, project: str) -> None:
        gcp.proxy_policy()
        path = gcp.url_list()
        gcp.url_list("names-2")
        rule = gcp.proxy_rule(**{field: f"destination.port == 443 && {named(path.replace(PROJECT, project))}"})
        with pytest.raises(GcpError, match=rf"Error 400: Cannot delete URL list '{path}': it is used by '{rule}'"):
            gcp.call(f"{LISTS}.delete", name=path)
        gcp.call(f"{LISTS}.delete", name=f"{path}-2")
        gcp.call(f"{RULES}.delete", name=rule)
        gcp.call(f"{LISTS}.delete", name=path)
        with pytest.raises(GcpError, match=r"Error 404: .* was not found"):
            gcp.call(f"{LISTS}.delete", name=path)

    def test_a_policy_with_rules(self, gcp: Gcp) -> None:
        policy = gcp.proxy_policy()
        rule = gcp.proxy_rule(enabled=None)
        with pytest.raises(GcpError, match=rf"Cannot delete policy '{policy}': it has the rule '{rule}'"):
            gcp.call(f"{POLICIES}.delete", name=policy)
        gcp.call(f"{RULES}.delete", name=rule)
        gcp.call(f"{POLICIES}.delete", name=policy)
        with pytest.raises(GcpError, match=r"gatewaySecurityPolicies/pol' was not found"):
            gcp.proxy_rule()

    def test_the_inspection_that_a_rule_needs(self, gcp: Gcp) -> None:
        policy = gcp.proxy_policy(tlsInspectionPolicy=TLS)
        gcp.proxy_rule(tlsInspectionEnabled=True)
        with pytest.raises(GcpError, match=r"tlsInspectionEnabled of '.*/rules/rule' can only be true"):
            gcp.call(f"{POLICIES}.patch", {}, name=policy, updateMask="tlsInspectionPolicy")
        with pytest.raises(GcpError, match=r"must be projects/PROJECT/locations/LOCATION/tlsInspectionPolicies/NAME"):
            gcp.call(f"{POLICIES}.patch", {"tlsInspectionPolicy": "tls"}, name=policy, updateMask="tlsInspectionPolicy")


class TestTheProvider:
    """It sends and forgets what the real one sends and forgets."""

    def test_life_on_the_wire(self, engine: Engine, gcp: Gcp) -> None:
        listed, _ = engine.create(LIST, {**LIST_WISH, "name": "names"})
        policy, made = engine.create(POLICY, {"location": "europe-west3", "name": "pol"})
        assert (policy, made["selfLink"]) == (f"{REGION}/gatewaySecurityPolicies/pol", "")
        wish = {**RULE_WISH, "name": "rule", "sessionMatcher": named(listed), "enabled": False, "priority": 0}
        rule, state = engine.create(RULE, wish)
        assert rule == f"{policy}/rules/rule"
        assert (state["enabled"], state["priority"], state["project"]) == (False, 0, PROJECT)
        inputs = engine.inputs(RULE, wish)
        changed = {**inputs, "enabled": True, "priority": 5, "basicProfile": "DENY", "description": "x"}
        state = engine.update(RULE, rule, inputs, changed, state)
        assert (state["enabled"], state["priority"], state["basicProfile"]) == (True, 5, "DENY")
        state = engine.update(RULE, rule, changed, inputs, state)
        live = gcp.call(f"{RULES}.get", name=rule)
        assert not {"enabled", "priority", "description"} & live.keys()
        assert live["basicProfile"] == "ALLOW"
        with pytest.raises(Refused, match=r"googleapi: Error 400: Cannot delete URL list"):
            engine.delete(LIST, listed, {})
        for token, key in ((RULE, rule), (POLICY, policy), (LIST, listed)):
            engine.delete(token, key, {})
            engine.delete(token, key, {})
            assert engine.read(token, key).id == ""

    @pytest.mark.parametrize(
        ("token", "wish", "change", "replaces"),
        [
            (LIST, {**LIST_WISH, "name": "a"}, {"name": "b"}, []),
            (LIST, LIST_WISH, {"location": "europe-west1"}, []),
            (LIST, LIST_WISH, {"values": ["b.example.com"]}, []),
            (LIST, {**LIST_WISH, "values": ["a.b", "b.c"]}, {"values": ["b.c", "a.b"]}, []),
            (LIST, LIST_WISH, {"project": "other-1234"}, ["project"]),
            (POLICY, {}, {"location": "europe-west3"}, []),
            (POLICY, {}, {"tlsInspectionPolicy": TLS}, []),
            (RULE, RULE_WISH, {"priority": 11}, []),
            (RULE, RULE_WISH, {"sessionMatcher": "true"}, []),
            (RULE, {**RULE_WISH, "name": "a"}, {"name": "b"}, ["name"]),
            (RULE, RULE_WISH, {"gatewaySecurityPolicy": "other"}, ["gatewaySecurityPolicy"]),
            (RULE, RULE_WISH, {"location": "europe-west1"}, ["location"]),
        ],
    )
    def test_what_replaces(
        self, engine: Engine, token: str, wish: dict[str, Any], change: dict[str, Any], replaces: list[str]
    ) -> None:
        old = engine.inputs(token, wish)
        found = engine.diff(token, old, engine.inputs(token, {**wish, **change}, old))
        assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert list(found.replaces) == replaces

    def test_a_list_and_a_policy_do_not_move(self, engine: Engine) -> None:
        """The real provider would ask for it where it is not."""
        for token, wish in ((LIST, {**LIST_WISH, "name": "a"}), (POLICY, {"name": "a"})):
            key, state = engine.create(token, wish)
            inputs = engine.inputs(token, wish)
            for change in ({"name": "b"}, {"location": "europe-west1"}):
                with pytest.raises(Refused, match=r"Error 404: .* was not found"):
                    engine.update(token, key, inputs, {**inputs, **change}, state)

    def test_a_rule_goes_by_its_policys_name_only(self, engine: Engine, gcp: Gcp) -> None:
        policy = gcp.proxy_policy()
        with pytest.raises(Refused, match=r"'parent'.*Must be a match of regex"):
            engine.create(RULE, {**RULE_WISH, "gatewaySecurityPolicy": policy})

    @pytest.mark.parametrize(
        ("token", "wish", "name", "words"),
        [
            (RULE, {**RULE_WISH, "basicProfile": "PERMIT"}, "basicProfile", "expected basic_profile to be one of"),
            (RULE, {key: RULE_WISH[key] for key in RULE_WISH if key != "enabled"}, "enabled", "Missing required"),
            (LIST, {"location": "europe-west3"}, "values", "Missing required"),
            (LIST, {**LIST_WISH, "labels": {}}, "labels", "no argument"),
        ],
    )
    def test_refused_before_the_cloud_is_asked(
        self, engine: Engine, token: str, wish: dict[str, Any], name: str, words: str
    ) -> None:
        assert words in engine.failures(token, wish)[name]

    def test_unknown_values_pass(self, engine: Engine) -> None:
        assert engine.failures(RULE, dict.fromkeys(RULE_WISH, UNKNOWN)) == {}
        _, state = engine.create(RULE, {**RULE_WISH, "sessionMatcher": UNKNOWN}, preview=True)
        assert (state["createTime"], state["priority"]) == (UNKNOWN, 10)

    def test_what_others_change_is_seen(self, engine: Engine, gcp: Gcp) -> None:
        key, state = engine.create(LIST, {**LIST_WISH, "name": "names"})
        inputs = engine.inputs(LIST, {**LIST_WISH, "name": "names"})
        gcp.call(f"{LISTS}.patch", {"values": ["a.example.com"]}, name=key, updateMask="values")
        assert unpack(engine.read(LIST, key, inputs, state).inputs)["values"] == ["a.example.com"]

    def test_but_not_a_policys_inspection(self, engine: Engine, gcp: Gcp) -> None:
        wish = {"name": "pol", "location": "europe-west3", "tlsInspectionPolicy": TLS}
        key, state = engine.create(POLICY, wish)
        assert state["tlsInspectionPolicy"] == TLS
        gcp.call(f"{POLICIES}.patch", {}, name=key, updateMask="tlsInspectionPolicy")
        after = engine.read(POLICY, key, engine.inputs(POLICY, wish), state)
        assert unpack(after.properties)["tlsInspectionPolicy"] == TLS
        assert "tlsInspectionPolicy" not in unpack(engine.read(POLICY, key).inputs)

    def test_imports_say_what_a_program_must_say(self, engine: Engine, gcp: Gcp) -> None:
        gcp.proxy_policy()
        rule = gcp.proxy_rule(enabled=None, priority=None, description="by hand")
        assert unpack(engine.read(RULE, rule).inputs) == {
            "basicProfile": "ALLOW",
            "deletionPolicy": "DELETE",
            "description": "by hand",
            "enabled": False,
            "gatewaySecurityPolicy": "pol",
            "location": "europe-west3",
            "name": "rule",
            "priority": 0,
            "project": PROJECT,
            "sessionMatcher": "true",
        }
        listed = unpack(engine.read(LIST, gcp.url_list()).inputs)
        assert listed.items() >= {**LIST_WISH, "name": "names", "project": PROJECT}.items()
        with pytest.raises(Refused, match=r"does not have the form projects/.project./locations/.location./urlLists"):
            engine.read(LIST, "europe-west3/names")

    def test_the_deletion_policy(self, engine: Engine, gcp: Gcp) -> None:
        key, state = engine.create(LIST, {**LIST_WISH, "deletionPolicy": "PREVENT"})
        with pytest.raises(Refused, match=r"its deletion policy is PREVENT"):
            engine.delete(LIST, key, state)
        engine.delete(LIST, key, {**state, "deletionPolicy": "ABANDON"})
        assert gcp.call(f"{LISTS}.get", name=key)

    def test_faults(self, engine: Engine, gcp: Gcp, place: Path) -> None:
        plan = place / "faults.json"
        plan.write_text(json.dumps({"throttle": {f"{LISTS}.create": 3}}), encoding="utf-8")
        engine.create(LIST, {**LIST_WISH, "name": "one"})
        plan.write_text(json.dumps({"lose_answer": {f"{LISTS}.create": 1}}), encoding="utf-8")
        with pytest.raises(Refused, match=r"googleapi: Error 504"):
            engine.create(LIST, {**LIST_WISH, "name": "two"})
        assert len(gcp.call(f"{LISTS}.list", parent=REGION)["urlLists"]) == 2


def test_googles_own_client_works(gcp: Gcp) -> None:
    policy, listed = gcp.proxy_policy(), gcp.url_list()
    rule = gcp.proxy_rule(sessionMatcher=named(listed))
    places = gcp.client("networksecurity").projects().locations()
    found = places.gatewaySecurityPolicies().rules().list(parent=policy).execute()["gatewaySecurityPolicyRules"]
    assert [(item["name"], item["sessionMatcher"]) for item in found] == [(rule, named(listed))]
    assert places.urlLists().get(name=listed).execute()["values"] == ["files.trendmicro.com"]
    assert (
        places.gatewaySecurityPolicies().list(parent=REGION).execute()["gatewaySecurityPolicies"][0]["name"] == policy
    )
