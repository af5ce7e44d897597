"""The errors of gateway-ms. Each has its own exception, which keeps the ids."""


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


class InvalidTokenError(Exception):
    """The access token cannot be trusted. The message does not say which check failed."""

    def __str__(self) -> str:
        """Return what to do."""
        return "The access token is invalid, expired or revoked. Sign in again."


class KeysUnavailableError(Exception):
    """The access token cannot be checked, because its key cannot be fetched."""

    def __str__(self) -> str:
        """Return what to do."""
        return "Access tokens cannot be checked at the moment. Try again in a moment."


class BodyTooLargeError(Exception):
    """The body of the request exceeds the limit."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body can have at most {limit_bytes} bytes.")


class BodyTimeoutError(Exception):
    """The body of the request did not arrive in time."""

    def __str__(self) -> str:
        """Return what happened."""
        return "The body did not arrive in time."


class ClientDisconnectedError(Exception):
    """The client has disconnected, so there is nobody to respond to."""


class ServiceError(Exception):
    """A service did not send a response that can be forwarded."""

    message = "{service} did not respond."

    def __init__(self, service: str) -> None:
        super().__init__(self.message.format(service=service.capitalize()))
        self.service = service


class ServiceUnavailableError(ServiceError):
    """No connection to the service could be opened, so it has not received the request."""

    message = "{service} is unavailable. Try again in a moment."


class ServiceBrokenError(ServiceError):
    """The service broke off before the end of the response's headers, or did not send HTTP."""

    message = "{service} did not respond correctly. Your request may or may not have succeeded."


class ServiceTimeoutError(ServiceError):
    """The service did not respond in time."""

    message = "{service} did not respond in time. Your request may or may not have succeeded."
