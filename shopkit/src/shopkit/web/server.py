"""The HTTP server, which shuts down without losing requests."""

import asyncio
import contextlib
import sys

import uvicorn

STARTUP_FAILURE = 3
"""The exit code that uvicorn uses if the application could not start."""
TICK_SECONDS = 0.1
"""How often uvicorn checks whether it should stop."""


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


def run(config: uvicorn.Config, *, drain_seconds: float) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: The application and uvicorn's options.
        drain_seconds: How long to drain connections before the shutdown.

    Raises:
        SystemExit: The application could not start.
    """
    server = Server(config, drain_seconds=drain_seconds)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
