"""What a preview of an Azure site costs a program, against one that only loads what every Azure program loads."""

from collections.abc import Iterator
from functools import partial

from benchmarks.frame import Row, peer, python, race

RULES = 300

ON_MOCKS = """
import asyncio
asyncio.set_event_loop(asyncio.new_event_loop())
import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.stack import run_pulumi_func
from pulumi_azure_native import network
class Cloud(mocks.Mocks):
    def new_resource(self, args):
        return "", args.inputs
    def call(self, args):
        raise AssertionError(args.token)
mocks.set_mocks(Cloud(), preview=True)
{setup}
async def main():
    {program}
asyncio.get_event_loop().run_until_complete(run_pulumi_func(main))
print(found)
"""
"""A program in a preview, without the engine: that one takes the same time whatever the program is."""

EMPTY = ON_MOCKS.format(
    setup="found = 0",
    program='network.NetworkSecurityGroup("one", resource_group_name="group")',
)

SITE = ON_MOCKS.format(
    setup=f"""
from ws_network.azure import AzureWorkloadSecurity
until = {{"reason": "a reason", "until": "2027-11-30"}}
flows = [
    {{"id": f"own-{{n}}", "source": "agent", "destination": "siem-or-syslog-server", "transport": "tcp",
      "ports": [9000 + n], "slot": 80 + n, **until}}
    for n in range(1, 29)
]
deployment = {{
    "region": "de-1", "revision": "2025-12-09", "roles": ["agent"], "deny_rest": True, "extra_flows": flows,
    "names": [{{"forms": ["any-address"]}}], "behind": {{"azure-nsg": "azure-firewall"}},
    "any_address": {{name: until for name in ("workload-security", "smart-protection-network", "download-center")}},
    "peers": {{
        "dns-server": {{"cidrs": ["10.20.0.53/32"]}}, "ntp-server": {{"platform": True}},
        "siem-or-syslog-server": {{"service_tags": [f"Storage.Region{{n}}" for n in range(11)]}},
    }},
}}
found = {RULES}
""",
    program="""
    site = AzureWorkloadSecurity("site", {"deployment": deployment, "resource_group_name": "group"})
    if await site.rule_count.future() < found:
        raise AssertionError("the site has too few rules")""",
)


def preview() -> Iterator[Row]:
    """A program with a site of 300 rules for one role, against one with an empty group."""
    if int(python(SITE)) != RULES or int(python(EMPTY)) != 0:
        raise AssertionError("the programs are not what they say")
    best = race(partial(python, SITE), partial(python, EMPTY), rounds=6)
    yield Row(
        f"preview of {RULES} Azure rules, program",
        *best,
        f"an empty group, {peer('pulumi-azure-native')}",
        "times the time",
        3,
    )


BENCHMARKS = (preview,)
