"""The emulated `aws` provider: its configuration.

Owns what of it matters here: region, the account (of an assumed role), default tags, allowed accounts, retries.
Credentials are not looked at.
"""

from __future__ import annotations

import json
import os
import re
from importlib import metadata
from typing import TYPE_CHECKING, Any

from sandbox.aws.account import DEFAULT_ACCOUNT
from sandbox.aws.cloud import AwsCloud
from sandbox.aws.functions import FUNCTIONS
from sandbox.aws.resources import RESOURCES
from sandbox.errors import CloudError
from sandbox.protocol import UNKNOWN
from sandbox.provider import Provider
from sandbox.resource import Failure
from sandbox.store import folder

if TYPE_CHECKING:
    from sandbox.resource import Properties

ROLE = re.compile(r"arn:aws[\w-]*:iam::(?P<account>\d{12}):role/.+")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def _parsed(value: Any) -> Any:
    """Return a nested configuration value: it comes as JSON text."""
    return json.loads(value) if isinstance(value, str) and value[:1] in {"{", "[", '"', "t", "f"} else value


def _region(config: Properties) -> str:
    return str(config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "")


class AwsProvider(Provider):
    """AWS in the sandbox folder."""

    name = "aws"
    resources = RESOURCES
    functions = FUNCTIONS

    def __init__(self) -> None:
        self.version = metadata.version("pulumi-aws")

    def check_config(self, news: Properties) -> list[Failure]:
        """Check the region and roles."""
        region = _region(news)
        if region == UNKNOWN:
            return []
        if not region:
            return [
                Failure("region", "Missing region configuration: set it with 'pulumi config set aws:region REGION'.")
            ]
        if not REGION.fullmatch(region):
            return [Failure("region", f'"{region}" is no AWS region, such as eu-central-1.')]
        return []

    def replacing(self) -> tuple[str, ...]:
        """Return `region`: what exists stays in its own."""
        return ("region",)

    def configure(self, config: Properties) -> AwsCloud:
        """Return the session."""
        account = DEFAULT_ACCOUNT
        for role in _parsed(config.get("assumeRoles")) or []:
            found = ROLE.fullmatch(str(role.get("roleArn", "")))
            if found is None:
                raise CloudError("ValidationError", f"{role.get('roleArn')} is invalid", "AssumeRole", "STS")
            account = found["account"]
        allowed = _parsed(config.get("allowedAccountIds"))
        forbidden = _parsed(config.get("forbiddenAccountIds")) or []
        if (allowed and account not in allowed) or account in forbidden:
            raise CloudError("AccountNotAllowed", f"AWS account ID not allowed: {account}", "GetCallerIdentity", "STS")
        defaults = (_parsed(config.get("defaultTags")) or {}).get("tags") or {}
        return AwsCloud(
            folder(), account, _region(config), defaults, max_retries=max(1, int(config.get("maxRetries") or 25))
        )

    def unfinished(self, cloud: AwsCloud, token: str) -> bool:
        """Return whether the fault plan has `partial` for the type."""
        return cloud.account().faults.hits("partial", token)
