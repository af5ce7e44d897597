"""The HTTP protocol of the server."""

from urllib.parse import quote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shopkit.tracing import context
from shopkit.web.problems import UNREADABLE, render

_DETAIL = (
    "The request is not valid HTTP. Use a known method, percent-encode the address, and put no "
    "control characters into headers."
)
_SAFE_IN_ADDRESSES = "/%:@!$&'()*+,;=~"


class HttpProtocol(HttpToolsProtocol):
    """Responds with a problem document to requests that are not valid HTTP.

    Such requests do not reach the application.
    """

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - overrides uvicorn's text.
        """Respond and close the connection, because the next request cannot be found in it."""
        if not self._is_responding():
            self.transport.write(self._problem())
        self.transport.close()

    def _is_responding(self) -> bool:
        """Return whether a response has started, into which nothing else can be written."""
        started = getattr(self.cycle, "response_started", False)  # There may be no cycle yet.
        return started and not self.cycle.response_complete

    def _problem(self) -> bytes:
        request_id = dict(self.headers).get(b"x-request-id", b"").decode("latin-1")
        context.activate(context.from_headers(request_id, None))
        path = self.url.partition(b"?")[0]
        instance = quote(path, safe=_SAFE_IN_ADDRESSES) or "/"
        response = render(
            UNREADABLE,
            _DETAIL,
            instance=instance,
            headers={"X-Request-ID": context.current_request_id(), "Connection": "close"},
        )
        headers = [*self.server_state.default_headers, *response.raw_headers]
        lines = [b"%b: %b\r\n" % header for header in headers]
        return b"".join([STATUS_LINE[400], *lines, b"\r\n", response.body])
