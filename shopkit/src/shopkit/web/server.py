"""The server, which ends without a request being lost."""

import asyncio
import contextlib
import sys

import uvicorn

STARTUP_FAILURE = 3
"""As uvicorn's own command ends where it could not start."""
TICK_SECONDS = 0.1
"""How often uvicorn looks whether it is to end."""


class Server(uvicorn.Server):
    """Takes leave of its callers before it ends.

    Who keeps a connection may use it in the moment in which it is closed, and can't know then
    whether a POST was heard. So for a while each answer says that its connection is closed after
    it; whoever drops what was idle for less than that while meets no closed connection.
    """

    def __init__(self, config: uvicorn.Config, *, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds

    async def main_loop(self) -> None:
        """Answer until told to end, and then while callers take leave."""
        await super().main_loop()
        self.config.encoded_headers.append((b"connection", b"close"))
        for tick in range(round(self._drain_seconds / TICK_SECONDS)):
            if self.force_exit:
                return
            # Takes the headers over, at the first one and every tenth.
            await self.on_tick(tick)
            await asyncio.sleep(TICK_SECONDS)


def run(config: uvicorn.Config, *, drain_seconds: float) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        config: What is served, and how.
        drain_seconds: How long callers have to take leave.

    Raises:
        SystemExit: It did not start.
    """
    server = Server(config, drain_seconds=drain_seconds)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
