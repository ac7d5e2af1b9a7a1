"""The flows that a site needs: the page with every condition decided."""

from ws_network.flows.conditions import Site
from ws_network.flows.model import Name, RequiredFlow, Requirements
from ws_network.flows.required import required_flows

__all__ = ["Name", "RequiredFlow", "Requirements", "Site", "required_flows"]
