"""The emulated `gcp` provider: its configuration.

Owns what of it matters here: project, region, zone, default labels. Credentials are not looked at.
"""

from __future__ import annotations

import json
import os
import re
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sandbox.gcp.cloud import GcpCloud
from sandbox.gcp.functions import FUNCTIONS
from sandbox.gcp.resources import RESOURCES
from sandbox.protocol import UNKNOWN
from sandbox.provider import Provider
from sandbox.resource import Failure
from sandbox.store import folder

if TYPE_CHECKING:
    from sandbox.resource import Properties

PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][-a-z0-9]{4,28}[a-z0-9]")
#: Where the SDK looks for what the configuration lacks.
VARIABLES = {
    "project": ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
    "region": ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    "zone": ("GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
}


def _parsed(value: Any) -> Any:
    """Return a configuration value that is no text: it comes as JSON text."""
    return json.loads(value) if isinstance(value, str) and value[:1] in {"{", "[", '"', "t", "f"} else value


def _setting(config: Properties, name: str) -> str:
    found = [config.get(name), *(os.environ.get(variable) for variable in VARIABLES[name])]
    return str(next((value for value in found if value), ""))


class GcpProvider(Provider):
    """GCP in the sandbox folder."""

    name = "gcp"
    resources = RESOURCES
    functions = FUNCTIONS

    def __init__(self) -> None:
        self.version = metadata.version("pulumi-gcp")

    def check_config(self, news: Properties) -> list[Failure]:
        """Check the project."""
        project = _setting(news, "project")
        if project == UNKNOWN:
            return []
        if not project:
            return [
                Failure(
                    "project", "Missing project configuration: set it with 'pulumi config set gcp:project PROJECT'."
                )
            ]
        if not PROJECT.fullmatch(project):
            return [Failure("project", f'"{project}" is no project id, such as my-project-123456.')]
        return []

    def replacing(self) -> tuple[str, ...]:
        """Return nothing: `project`, `region` and `zone` are inputs of the resources, which replace themselves."""
        return ()

    def configure(self, config: Properties) -> GcpCloud:
        """Return the session."""
        attribution = _parsed(config.get("addPulumiAttributionLabel"))
        return GcpCloud(
            folder(),
            _setting(config, "project"),
            _setting(config, "region"),
            _setting(config, "zone"),
            dict(_parsed(config.get("defaultLabels")) or {}),
            attribution is not False,
        )

    def unfinished(self, cloud: GcpCloud, token: str) -> bool:
        """Return whether the fault plan has `partial` for the type."""
        return cloud.account().faults.hits("partial", token)
