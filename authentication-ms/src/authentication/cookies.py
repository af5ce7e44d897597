"""The cookie with the refresh token, and a marker that scripts can read."""

from dataclasses import dataclass
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

from authentication.settings import AuthenticationSettings


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names and attributes of the cookies.

    The marker only says that there is a session, so that a visitor's page need not request one.
    """

    refresh: str
    marker: str
    secure: bool
    max_age_seconds: int

    @classmethod
    def of(cls, settings: AuthenticationSettings) -> Self:
        """Return the cookies of an environment.

        In production, the prefix `__Host-` keeps other hosts of the domain from setting them. In
        development, the names contain the shop's port, because browsers share cookies between
        ports. The port of the page may differ, such as behind a port forwarder.
        """
        prefix, suffix = ("", f"-{settings.shop_port}") if settings.development else ("__Host-", "")
        return cls(
            refresh=f"{prefix}shop-refresh{suffix}",
            marker=f"{prefix}shop-signed-in{suffix}",
            secure=not settings.development,
            max_age_seconds=settings.refresh_token_seconds,
        )

    def read(self, request: Request) -> str | None:
        """Return the refresh token in a request's cookie."""
        return request.cookies.get(self.refresh)

    def set(self, response: Response, refresh_token: str) -> None:
        """Set both cookies."""
        self._set(response, self.refresh, refresh_token, http_only=True)
        self._set(response, self.marker, "1", http_only=False)

    def clear(self, response: Response) -> None:
        """Clear both cookies."""
        self._clear(response, self.refresh, http_only=True)
        self.clear_marker(response)

    def clear_marker(self, response: Response) -> None:
        """Clear the marker, so that the page does not try to refresh again."""
        self._clear(response, self.marker, http_only=False)

    def _clear(self, response: Response, name: str, *, http_only: bool) -> None:
        response.delete_cookie(
            name, path="/", secure=self.secure, httponly=http_only, samesite="strict"
        )

    def _set(self, response: Response, name: str, value: str, *, http_only: bool) -> None:
        response.set_cookie(
            name,
            value,
            max_age=self.max_age_seconds,
            path="/",
            secure=self.secure,
            httponly=http_only,
            samesite="strict",
        )
