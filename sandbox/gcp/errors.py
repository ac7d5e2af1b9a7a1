"""Errors of Google's APIs, worded as Google's client for Go prints them, which is what users of the provider see."""

from __future__ import annotations

from sandbox.errors import CloudError

#: HTTP status of the canonical codes that the newer APIs answer with.
STATUS = {
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "FAILED_PRECONDITION": 400,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
}


class GcpError(CloudError):
    """A request that Google refused.

    Attributes:
        status: the HTTP status.
        code: Compute Engine's reason, such as `resourceInUseByAnotherResource`, or a canonical code of the newer APIs,
            such as `FAILED_PRECONDITION`; only the former is printed.
    """

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(code, message, service="GCP")
        self.status = status

    def __str__(self) -> str:
        """Word it as the client does."""
        reason = "" if self.code.isupper() else f", {self.code}"
        return f"googleapi: Error {self.status}: {self.message}{reason}"


def canonical(code: str, message: str) -> GcpError:
    """Return an error of one of the newer APIs, by its canonical code."""
    return GcpError(STATUS[code], message, code)


def invalid(field: str, value: object, why: str) -> GcpError:
    """Return Compute Engine's error for a field's value; `why` is a sentence."""
    return GcpError(400, f"Invalid value for field '{field}': '{value}'. {why}", "invalid")


def not_found(path: str) -> GcpError:
    """Return Compute Engine's error for a resource that is not there."""
    return GcpError(404, f"The resource '{path}' was not found", "notFound")


def exists(path: str) -> GcpError:
    """Return Compute Engine's error for a name that is taken."""
    return GcpError(409, f"The resource '{path}' already exists", "alreadyExists")


def in_use(what: str, path: str, user: str) -> GcpError:
    """Return Compute Engine's error for deleting what another resource uses."""
    return GcpError(
        400, f"The {what} resource '{path}' is already being used by '{user}'", "resourceInUseByAnotherResource"
    )


def quota(name: str, limit: int) -> GcpError:
    """Return Compute Engine's error for a quota that is used up."""
    return GcpError(403, f"Quota '{name}' exceeded.  Limit: {limit}.0 globally.", "quotaExceeded")


def planned(mode: str) -> GcpError:
    """Return the error of a mode of the fault plan."""
    if mode == "throttle":
        return GcpError(
            429, "Quota exceeded for quota metric 'Mutate requests' and limit 'per minute'.", "rateLimitExceeded"
        )
    if mode == "refuse":
        return GcpError(500, "Internal error. Please try again or contact Google Support.", "internalError")
    return GcpError(504, "The answer was lost; the request may have been carried out.", "deadlineExceeded")


def is_gone(failure: CloudError) -> bool:
    """Return whether an error says that the resource does not exist."""
    return isinstance(failure, GcpError) and failure.status == 404
