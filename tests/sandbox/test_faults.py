"""Faults on demand."""

from __future__ import annotations

import json

import pytest

from sandbox.aws.cloud import AwsCloud
from sandbox.errors import CloudError


def plan(place, **modes):
    (place / "faults.json").write_text(json.dumps(modes), encoding="utf-8")


def test_the_provider_tries_a_throttled_request_again(place, account):
    plan(place, throttle={"CreateVpc": 3})
    cloud = AwsCloud(place, account.account, account.region)
    assert cloud.call("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]
    plan(place, throttle={"CreateVpc": 3}, note="again")
    with pytest.raises(CloudError, match="exceeded maximum number of attempts, 2"):
        AwsCloud(place, account.account, account.region, max_retries=2).call("CreateVpc", CidrBlock="10.0.0.0/16")


def test_a_lost_answer_leaves_what_was_made(place, account):
    plan(place, lose_answer={"CreateVpc": {"after": 1, "count": 1}})
    before = len(account.call("DescribeVpcs")["Vpcs"])
    account.call("CreateVpc", CidrBlock="10.0.0.0/16")
    with pytest.raises(CloudError, match="The answer was lost"):
        account.call("CreateVpc", CidrBlock="10.1.0.0/16")
    account.call("CreateVpc", CidrBlock="10.2.0.0/16")
    assert len(account.call("DescribeVpcs")["Vpcs"]) == before + 3


def test_a_refused_request_does_nothing(place, account, refused):
    plan(place, refuse={"*": 1})
    with refused("InternalError"):
        account.call("CreateVpc", CidrBlock="10.0.0.0/16")


def test_a_plan_can_be_a_variable(place, account, monkeypatch, refused):
    monkeypatch.setenv("WS_NETWORK_SANDBOX_FAULTS", '{"throttle": {"DescribeVpcs": 1}}')
    with refused("RequestLimitExceeded"):
        account.call("DescribeVpcs")
    account.call("DescribeVpcs")


@pytest.mark.parametrize("text", ["{", '{"explode": {}}'])
def test_a_plan_that_cannot_be_read_is_an_error(place, account, refused, text):
    (place / "faults.json").write_text(text, encoding="utf-8")
    with refused("FaultPlan"):
        account.call("DescribeVpcs")
