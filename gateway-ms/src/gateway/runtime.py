"""Runs the gateway: its connections and its background loops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from starlette.types import ASGIApp

from gateway.dependencies import Services, build
from gateway.forwarding.upstream import request_session, retry_session, stream_session
from gateway.settings import GatewaySettings
from gateway.shutdown import on_shutdown_signal
from shopkit.loops import Loops


@asynccontextmanager
async def running(settings: GatewaySettings, own_pages: ASGIApp) -> AsyncIterator[Services]:
    """Run the gateway and yield its parts. Stop everything in order afterwards.

    Args:
        settings: The settings.
        own_pages: Responds to requests for the gateway's own paths.
    """
    async with (
        request_session(settings) as requests,
        retry_session(settings) as retries,
        stream_session(settings) as streams,
    ):
        services = build(settings, own_pages, requests, retries, streams)
        keys, revocations = services.keys, services.revocations
        with on_shutdown_signal(services.endpoint.end_streams):
            async with Loops({"keys": keys.run, "revocations": revocations.run}) as loops:
                yield replace(
                    services,
                    checks={
                        "keys": keys.check,
                        "revocations": revocations.check,
                        "loops": loops.check,
                    },
                )
