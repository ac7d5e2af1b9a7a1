"""Fixtures of the tests that talk to the emulated cloud without an engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.account import Account
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


#: What the fixture `refused` gives: `with refused("InvalidGroup.NotFound"): …`.
Refuses = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sandbox folder."""
    monkeypatch.setenv("WS_NETWORK_SANDBOX", str(tmp_path))
    monkeypatch.delenv("WS_NETWORK_SANDBOX_FAULTS", raising=False)
    return tmp_path


@pytest.fixture
def account(place: Path) -> Account:
    """An empty account."""
    return Account(place)


@pytest.fixture
def vpc(account: Account) -> str:
    """The id of a network."""
    return account.call("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def group(account: Account, vpc: str) -> str:
    """The id of a group without rules."""
    return new_group(account, vpc, "one")


def new_group(account: Account, vpc: str, name: str) -> str:
    """Create a group without rules."""
    key = account.call("CreateSecurityGroup", GroupName=name, Description="d", VpcId=vpc)["GroupId"]
    found = account.call("DescribeSecurityGroups", GroupIds=[key])["SecurityGroups"][0]
    account.call("RevokeSecurityGroupEgress", GroupId=key, IpPermissions=found["IpPermissionsEgress"])
    return key


@pytest.fixture
def refused() -> Refuses:
    """A context that expects a `CloudError` with a code."""

    @contextmanager
    def expect(code: str) -> Iterator[Any]:
        with pytest.raises(CloudError) as caught:
            yield caught
        assert caught.value.code == code, str(caught.value)

    return expect
