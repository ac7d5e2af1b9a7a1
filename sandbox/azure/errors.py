"""Errors of Azure Resource Manager: an HTTP status, a code and a message, worded as `azure-native` prints them."""

from __future__ import annotations

from sandbox.errors import CloudError


class ArmError(CloudError):
    """Azure refused a request.

    Attributes:
        status: the HTTP status, such as 400.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message, service="ARM")
        self.status = status

    def __str__(self) -> str:
        """Word it as the real provider does."""
        return f'Status={self.status} Code="{self.code}" Message="{self.message}"'


class AlreadyExistsError(ArmError):
    """The provider, not Azure, refuses to create what is there: a PUT would take it over."""

    def __init__(self, key: str) -> None:
        super().__init__(409, "", f"cannot create already existing resource '{key}'")

    def __str__(self) -> str:
        """Word it as the real provider does."""
        return self.message


def bad(code: str, message: str) -> ArmError:
    """Return an error for a request that can never succeed."""
    return ArmError(400, code, message)


def fault(mode: str) -> ArmError:
    """Return the error of a planned fault: of `throttle`, `refuse` or `lose_answer`.

    The real provider sends a request again for the first and the last, so that a lost answer to a PUT is mostly mended.
    """
    status, code, message = {
        "throttle": (429, "TooManyRequests", "The request is being throttled as the limit has been reached."),
        "refuse": (409, "CanceledAndSupersededDueToAnotherOperation", "The operation was canceled by another one."),
        "lose_answer": (408, "RequestTimeout", "The answer was lost; the request may have been carried out."),
    }[mode]
    return ArmError(status, code, message)
