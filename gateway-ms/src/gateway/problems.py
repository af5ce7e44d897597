"""The problem types of gateway-ms."""

from dataclasses import replace

from gateway import errors
from shopkit.web.app import COMMON_PROBLEMS
from shopkit.web.problems import (
    NOT_FOUND,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemTable,
    ProblemType,
)

METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", "Method not allowed", 405)
CROSS_SITE = ProblemType("cross-site", "Another site sent the request", 403)
REQUEST_TIMEOUT = ProblemType("request-timeout", "The request took too long to arrive", 408)
TOO_LARGE = ProblemType("content-too-large", "The request is too large", 413)
BAD_GATEWAY = ProblemType("bad-gateway", "A service sent an invalid response", 502)
GATEWAY_TIMEOUT = ProblemType("gateway-timeout", "A service did not respond in time", 504)
TOO_MANY_REQUESTS = ProblemType(
    "too-many-requests", "Too many requests", 429, headers={"Retry-After": ""}
)
"""Documents the responses of nginx and of services that throttle. The gateway does not throttle."""

# The rest of the body is not read, so the connection cannot be used for another request.
_CLOSE = {"Connection": "close"}


def _method_not_allowed(error: Exception) -> ProblemType:
    assert isinstance(error, errors.MethodNotAllowedError)  # noqa: S101
    return replace(METHOD_NOT_ALLOWED, headers={"Allow": error.allow})


TABLE: ProblemTable = {
    **COMMON_PROBLEMS,
    errors.PathNotFoundError: NOT_FOUND,
    errors.MethodNotAllowedError: _method_not_allowed,
    errors.CrossSiteError: CROSS_SITE,
    errors.InvalidTokenError: replace(
        UNAUTHENTICATED, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
    ),
    errors.KeysUnavailableError: UNAVAILABLE,
    errors.RevocationsUnavailableError: UNAVAILABLE,
    errors.BodyTooLargeError: replace(TOO_LARGE, headers=_CLOSE),
    errors.BodyTimeoutError: replace(REQUEST_TIMEOUT, headers=_CLOSE),
    errors.ServiceUnavailableError: UNAVAILABLE,
    errors.ServiceBrokenError: BAD_GATEWAY,
    errors.ServiceTimeoutError: GATEWAY_TIMEOUT,
}

EXPECTED = tuple(TABLE)
"""The exceptions that have a problem type."""


def problem_type(error: Exception) -> ProblemType:
    """Return the problem type of an expected exception."""
    entry = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    return entry if isinstance(entry, ProblemType) else entry(error)
