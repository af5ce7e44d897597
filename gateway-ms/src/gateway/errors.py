"""The errors of gateway-ms, one exception for each."""


class PathNotFoundError(Exception):
    """No route has the path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is nothing at {path}.")


class MethodNotAllowedError(Exception):
    """Routes have the path, but with other methods.

    Attributes:
        allow: The supported methods, separated by commas.
    """

    def __init__(self, method: str, path: str, allow: str) -> None:
        super().__init__(f"{path} does not support {method}.")
        self.allow = allow


class CrossSiteError(Exception):
    """A page of another site requested a change."""

    def __str__(self) -> str:
        """Return what is wrong."""
        return "Pages of other sites cannot change anything here."


class InvalidTokenError(Exception):
    """The access token cannot be trusted. The message does not say which check failed."""

    def __str__(self) -> str:
        """Return what to do."""
        return "The access token is invalid, expired or revoked. Sign in again."


class KeysUnavailableError(Exception):
    """The access token cannot be checked, because its key cannot be fetched."""

    def __str__(self) -> str:
        """Return what to do."""
        return "Access tokens cannot be checked now. Try again in a moment."


class RevocationsUnavailableError(Exception):
    """The access token may be revoked, because the list of revocations is missing or too old."""

    def __str__(self) -> str:
        """Return what to do."""
        return "Access tokens cannot be checked now. Try again in a moment."


class BodyTooLargeError(Exception):
    """The body of the request exceeds the limit."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body can be at most {limit_bytes:,} bytes.")


class BodyTimeoutError(Exception):
    """The body of the request did not arrive in time."""

    def __str__(self) -> str:
        """Return what happened."""
        return "The body did not arrive in time."


class ClientDisconnectedError(Exception):
    """The client has disconnected, so there is nobody to respond to."""


class ServiceError(Exception):
    """A service did not send a response that can be forwarded."""

    message = "The {service} service did not respond."

    def __init__(self, service: str) -> None:
        super().__init__(self.message.format(service=service))
        self.service = service


class ServiceUnavailableError(ServiceError):
    """No connection to the service could be opened, so it has not received the request."""

    message = "The {service} service is unavailable. Try again in a moment."


class UncertainError(ServiceError):
    """The service may have received the request, and there is no response to it.

    Args:
        service: The service.
        is_safe: Whether the request changes nothing.
    """

    def __init__(self, service: str, *, is_safe: bool) -> None:
        super().__init__(service)
        consequence = "Try again." if is_safe else "Your change may or may not have been made."
        self.args = (f"{self} {consequence}",)


class ServiceBrokenError(UncertainError):
    """The service closed the connection too early, or sent something other than HTTP."""

    message = "The {service} service did not respond correctly."


class ServiceTimeoutError(UncertainError):
    """The service did not respond in time."""

    message = "The {service} service did not respond in time."
