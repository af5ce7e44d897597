"""The HTTP server, which has two ports and shuts down without losing requests."""

import asyncio
import contextlib
import sys
import time

import uvicorn
from prometheus_client import Histogram
from starlette.types import ASGIApp, Receive, Scope, Send

STARTUP_FAILURE = 3
"""The exit code that uvicorn uses if the application could not start."""
TICK_SECONDS = 0.1
"""How often uvicorn checks whether it should stop."""


LOOP_DELAY = Histogram(
    "event_loop_delay_seconds",
    "How much later than planned the event loop runs a timer, ten times a second.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)


class Server(uvicorn.Server):
    """Drains connections before shutdown.

    If a client sends a request on an idle connection just as the server closes it, the client
    cannot know whether the server received the request. So before the server stops, every response
    closes its connection for a while. A client that drops idle connections sooner than that never
    uses a closed one.
    """

    def __init__(self, config: uvicorn.Config, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._planned_tick: float | None = None

    async def on_tick(self, counter: int) -> bool:
        """Do what uvicorn does at each tick, and measure how late the tick is."""
        now = time.monotonic()
        if self._planned_tick is not None:
            LOOP_DELAY.observe(max(0.0, now - self._planned_tick))
        stops = await super().on_tick(counter)
        self._planned_tick = time.monotonic() + TICK_SECONDS
        return stops

    async def main_loop(self) -> None:
        """Serve until told to stop, then drain connections."""
        await super().main_loop()
        self.config.encoded_headers.append((b"connection", b"close"))
        for tick in range(round(self._drain_seconds / TICK_SECONDS)):
            if self.force_exit:
                return
            # uvicorn reads the changed headers at the first tick and at every tenth one.
            await self.on_tick(tick)
            await asyncio.sleep(TICK_SECONDS)


class PortRouter:
    """Passes requests at the port for monitoring to another application.

    Args:
        app: The application for callers.
        monitoring: The application for monitoring.
        monitoring_port: The port for monitoring.
    """

    def __init__(self, app: ASGIApp, monitoring: ASGIApp, monitoring_port: int) -> None:
        self._app = app
        self._monitoring = monitoring
        self._monitoring_port = monitoring_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application of the port at which the request arrived."""
        # uvicorn reads the port from the socket, and not from a header.
        is_monitoring = scope["type"] != "lifespan" and scope["server"][1] == self._monitoring_port
        await (self._monitoring if is_monitoring else self._app)(scope, receive, send)


def run(
    config: uvicorn.Config, *, monitoring: ASGIApp, monitoring_port: int, drain_seconds: float
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: The application for callers, and uvicorn's options.
        monitoring: The application for monitoring.
        monitoring_port: Its port, 0 for any free one.
        drain_seconds: How long to drain connections before the shutdown.

    Raises:
        SystemExit: The application could not start, or a port is in use.
    """
    other = uvicorn.Config(monitoring, host=config.host, port=monitoring_port, log_config=None)
    with config.bind_socket() as for_callers, other.bind_socket() as for_monitoring:
        port = for_monitoring.getsockname()[1]
        config.app = PortRouter(config.app, monitoring, port)  # type: ignore[arg-type]
        server = Server(config, drain_seconds=drain_seconds)
        with contextlib.suppress(KeyboardInterrupt):
            server.run([for_callers, for_monitoring])
    if not server.started:
        sys.exit(STARTUP_FAILURE)
