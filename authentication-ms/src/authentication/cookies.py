"""The cookie with the refresh token, and the marker beside it that scripts may read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from authentication.errors import RefreshRefusedError
from authentication.settings import AuthenticationSettings


@dataclass(frozen=True, slots=True)
class Cookies:
    """How the cookies are named and how long they last.

    The marker says only that there is a session, so that a visitor's page need not ask.
    """

    refresh: str
    marker: str
    secure: bool
    max_age_seconds: int

    @classmethod
    def of(cls, settings: AuthenticationSettings) -> "Cookies":
        """Return the cookies of an environment.

        Browsers share cookies between the ports of a machine, so in development the port is in
        their names; `__Host-` elsewhere keeps other hosts of the domain from setting them.
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
        self._put(response, self.refresh, refresh_token, http_only=True)
        self._put(response, self.marker, "1", http_only=False)

    def clear(self, response: Response) -> None:
        """Clear both cookies."""
        for name, http_only in ((self.refresh, True), (self.marker, False)):
            response.delete_cookie(
                name, path="/", secure=self.secure, httponly=http_only, samesite="strict"
            )

    @contextmanager
    def cleared_on_refusal(self) -> Iterator[None]:
        """Clear the marker with the answer that refuses the cookie, so that none asks again."""
        try:
            yield
        except RefreshRefusedError as error:
            answer = Response()
            answer.delete_cookie(self.marker, path="/", secure=self.secure, samesite="strict")
            error.headers["Set-Cookie"] = answer.headers["set-cookie"]
            raise

    def _put(self, response: Response, name: str, value: str, *, http_only: bool) -> None:
        response.set_cookie(
            name,
            value,
            max_age=self.max_age_seconds,
            path="/",
            secure=self.secure,
            httponly=http_only,
            samesite="strict",
        )
