"""What can go wrong at the gateway, and the one table of how each is told."""

from collections.abc import Mapping

from shopkit.web import identity, problems
from shopkit.web.problems import ProblemType

METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", "This is not possible here", 405)
REQUEST_TIMEOUT = ProblemType("request-timeout", "The request took too long to arrive", 408)
TOO_LARGE = ProblemType("content-too-large", "The request is too large", 413)
BAD_GATEWAY = ProblemType("bad-gateway", "A part of the shop answered nonsense", 502)
GATEWAY_TIMEOUT = ProblemType("gateway-timeout", "A part of the shop did not answer in time", 504)


class RouteUnknownError(Exception):
    """The table has no such path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is nothing at {path}.")


class MethodUnknownError(Exception):
    """The table has the path, but not with this verb."""

    def __init__(self, method: str, path: str, allow: str) -> None:
        super().__init__(f"{method} is not possible at {path}.")
        self.headers: Mapping[str, str] = {"Allow": allow}


class InvalidTokenError(Exception):
    """A token was sent, and it is not one to trust."""

    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer error="invalid_token"'}

    def __str__(self) -> str:
        """Say what to do; never which check failed."""
        return "The access token is invalid, expired or revoked. Please sign in again."


class NoKeyError(Exception):
    """A token can't be judged, as no key to verify it with is to be had."""

    def __str__(self) -> str:
        """Say what to do."""
        return "Sign-ins can't be checked at the moment. Please try again shortly."


class BodyTooLargeError(Exception):
    """The request's body is over the limit."""

    # What is left of the body is not read, so nothing can follow on this connection.
    headers: Mapping[str, str] = {"Connection": "close"}

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body may have at most {limit_bytes} bytes.")


class BodyTooSlowError(Exception):
    """The request's body did not arrive in time."""

    headers: Mapping[str, str] = {"Connection": "close"}

    def __str__(self) -> str:
        """Say what happened."""
        return "The body did not arrive in time."


class ServiceError(Exception):
    """A service gave no answer that can be passed on."""

    sentence = "{service} gave no answer."

    def __init__(self, service: str) -> None:
        super().__init__(self.sentence.format(service=service.capitalize()))
        self.service = service


class ServiceAwayError(ServiceError):
    """No connection to the service could be made, so it never saw the request."""

    sentence = "{service} can't be reached at the moment. Please try again shortly."


class ServiceBrokenError(ServiceError):
    """The service cut its answer before the head was complete, or sent something else."""

    sentence = "{service} gave no proper answer. The request may or may not have been carried out."


class ServiceSlowError(ServiceError):
    """The service did not answer in time."""

    sentence = "{service} did not answer in time. The request may or may not have been carried out."


TABLE: Mapping[type[Exception], ProblemType] = {
    identity.AuthenticationRequiredError: problems.UNAUTHENTICATED,
    identity.AdminRequiredError: problems.FORBIDDEN,
    RouteUnknownError: problems.NOT_FOUND,
    MethodUnknownError: METHOD_NOT_ALLOWED,
    InvalidTokenError: problems.UNAUTHENTICATED,
    NoKeyError: problems.UNAVAILABLE,
    BodyTooLargeError: TOO_LARGE,
    BodyTooSlowError: REQUEST_TIMEOUT,
    ServiceAwayError: problems.UNAVAILABLE,
    ServiceBrokenError: BAD_GATEWAY,
    ServiceSlowError: GATEWAY_TIMEOUT,
}

KNOWN = tuple(TABLE)
