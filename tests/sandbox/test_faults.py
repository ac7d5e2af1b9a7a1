"""Faults on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.cloud import AwsCloud
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.aws.account import Account

    from .conftest import Refuses


def plan(place: Path, **modes: Any) -> None:
    (place / "faults.json").write_text(json.dumps(modes), encoding="utf-8")


def test_the_provider_tries_a_throttled_request_again(place: Path, account: Account) -> None:
    plan(place, throttle={"CreateVpc": 3})
    cloud = AwsCloud(place, account.account, account.region)
    assert cloud.call("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]
    plan(place, throttle={"CreateVpc": 3}, note="again")
    with pytest.raises(CloudError, match="exceeded maximum number of attempts, 2"):
        AwsCloud(place, account.account, account.region, max_retries=2).call("CreateVpc", CidrBlock="10.0.0.0/16")


def test_a_lost_answer_leaves_what_was_made(place: Path, account: Account) -> None:
    plan(place, lose_answer={"CreateVpc": {"after": 1, "count": 1}})
    before = len(account.call("DescribeVpcs")["Vpcs"])
    account.call("CreateVpc", CidrBlock="10.0.0.0/16")
    with pytest.raises(CloudError, match="The answer was lost"):
        account.call("CreateVpc", CidrBlock="10.1.0.0/16")
    account.call("CreateVpc", CidrBlock="10.2.0.0/16")
    assert len(account.call("DescribeVpcs")["Vpcs"]) == before + 3


def test_a_refused_request_does_nothing(place: Path, account: Account, refused: Refuses) -> None:
    plan(place, refuse={"*": 1})
    with refused("InternalError"):
        account.call("CreateVpc", CidrBlock="10.0.0.0/16")


def test_a_plan_can_be_a_variable(
    place: Path, account: Account, monkeypatch: pytest.MonkeyPatch, refused: Refuses
) -> None:
    monkeypatch.setenv("WS_NETWORK_SANDBOX_FAULTS", '{"throttle": {"DescribeVpcs": 1}}')
    with refused("RequestLimitExceeded"):
        account.call("DescribeVpcs")
    account.call("DescribeVpcs")


@pytest.mark.parametrize("text", ["{", '{"explode": {}}'])
def test_a_plan_that_cannot_be_read_is_an_error(place: Path, account: Account, refused: Refuses, text: str) -> None:
    (place / "faults.json").write_text(text, encoding="utf-8")
    with refused("FaultPlan"):
        account.call("DescribeVpcs")
