"""Trend Micro Cloud One Workload Security network requirements as data, rules and Pulumi components (unofficial).

Importing this package loads neither pulumi nor a cloud SDK nor pydantic: names are looked up when they are first used.
What each verb of `ws-network` answers is one of these functions.
"""

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ws_network.catalogue import Catalogue, CatalogueDiff, diff
    from ws_network.deployment import Deployment, Target
    from ws_network.errors import UserError
    from ws_network.findings import Finding, Severity
    from ws_network.flows import RequiredFlow, required_flows
    from ws_network.plan import Packet, Plan, build_plan
    from ws_network.resolver import resolve, resolved_on
    from ws_network.rules import Direction, Rule
    from ws_network.snapshot import Snapshot
    from ws_network.views.browsing import browse
    from ws_network.views.planned import Overview, overview
    from ws_network.views.questions import Answer, ask, explain
    from ws_network.views.requirements import Needs, needs
    from ws_network.views.revisions import SiteDiff, site_diff
    from ws_network.views.schemas import schema
    from ws_network.views.starter import Start, starter_file

__all__ = [
    "Answer",
    "Catalogue",
    "CatalogueDiff",
    "Deployment",
    "Direction",
    "Finding",
    "Needs",
    "Overview",
    "Packet",
    "Plan",
    "RequiredFlow",
    "Rule",
    "Severity",
    "SiteDiff",
    "Snapshot",
    "Start",
    "Target",
    "UserError",
    "ask",
    "browse",
    "build_plan",
    "diff",
    "explain",
    "needs",
    "overview",
    "required_flows",
    "resolve",
    "resolved_on",
    "schema",
    "site_diff",
    "starter_file",
]

_PLACES = {
    "Answer": "views.questions",
    "Catalogue": "catalogue",
    "CatalogueDiff": "catalogue",
    "Deployment": "deployment",
    "Direction": "rules",
    "Finding": "findings",
    "Needs": "views.requirements",
    "Overview": "views.planned",
    "Packet": "plan",
    "Plan": "plan",
    "RequiredFlow": "flows",
    "Rule": "rules",
    "Severity": "findings",
    "SiteDiff": "views.revisions",
    "Snapshot": "snapshot",
    "Start": "views.starter",
    "Target": "deployment",
    "UserError": "errors",
    "ask": "views.questions",
    "browse": "views.browsing",
    "build_plan": "plan",
    "diff": "catalogue",
    "explain": "views.questions",
    "needs": "views.requirements",
    "overview": "views.planned",
    "required_flows": "flows",
    "resolve": "resolver",
    "resolved_on": "resolver",
    "schema": "views.schemas",
    "site_diff": "views.revisions",
    "starter_file": "views.starter",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module the first time that it is asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names, whether or not they are loaded."""
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
