"""The reference project: one stack for each cloud, named after it; `on_<cloud>.py` is what differs."""

from importlib import import_module
from pathlib import Path

import pulumi

from ws_network.deployment import Deployment
from ws_network.snapshot import Snapshot

HERE = Path(__file__).parent

cloud = pulumi.get_stack()
deployment = Deployment.load(HERE / f"{cloud}.yaml")
snapshot = Snapshot.load(HERE / "snapshot.json")
import_module(f"on_{cloud}").deploy(deployment.to_args(), snapshot.to_args())
