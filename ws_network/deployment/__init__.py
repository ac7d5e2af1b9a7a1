"""A site's settings: one validated model, its files and overlays, and its check against the catalogue."""

from ws_network.deployment.check import check_deployment
from ws_network.deployment.model import Deployment
from ws_network.deployment.names import Form, Target
from ws_network.deployment.parts import (
    AddressFamily,
    Communication,
    ExtraFlow,
    Layout,
    MachineMark,
    Peer,
    Proxy,
    Wildcards,
)

__all__ = [
    "AddressFamily",
    "Communication",
    "Deployment",
    "ExtraFlow",
    "Form",
    "Layout",
    "MachineMark",
    "Peer",
    "Proxy",
    "Target",
    "Wildcards",
    "check_deployment",
]
