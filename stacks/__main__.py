"""The reference project: one stack for each cloud, named after it; `on_<cloud>.py` is what differs."""

from importlib import import_module
from pathlib import Path

import pulumi

from ws_network.deployment import Deployment

cloud = pulumi.get_stack()
deployment = Deployment.load(Path(__file__).parent / f"{cloud}.yaml")
import_module(f"on_{cloud}").deploy(deployment.to_args())
