"""The errors of an emulated cloud."""

from __future__ import annotations


class CloudError(Exception):
    """The cloud refused a request.

    Attributes:
        code: the API's error code, such as `InvalidPermission.Duplicate`.
        message: the API's text.
        operation: the API operation, such as `CreateSecurityGroup`; empty until the request's place is known.
        service: the API's name in messages.
    """

    def __init__(self, code: str, message: str, operation: str = "", service: str = "EC2") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.operation = operation
        self.service = service

    def __str__(self) -> str:
        """Word it as the cloud's SDK for Go does, which is what users of the real provider see."""
        return f"operation error {self.service}: {self.operation}, api error {self.code}: {self.message}"


class HalfCreated(Exception):  # noqa: N818 - as `PartlyCreated`
    """A request after the one that created a resource was refused: the engine is to know what there is.

    Attributes:
        key: the resource's id.
    """

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class PartlyCreated(Exception):  # noqa: N818 - it is no failure of the request: the resource is there
    """A resource exists, but did not become what was asked: the engine keeps it and updates it the next time."""
