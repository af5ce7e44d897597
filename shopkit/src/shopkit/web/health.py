"""Endpoints for liveness, readiness and metrics.

Readiness and metrics have a separate port, so that a program that monitors the services reaches
nothing else.
"""

import os
import signal
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shopkit.checks import run_checks
from shopkit.identity import Identity
from shopkit.web import problems, telemetry
from shopkit.web.identity import require_admin


class Health(BaseModel):
    """The response of a service that is alive."""

    status: str = "ok"


def health_router(service: str, *, chaos: bool) -> APIRouter:
    """Return the endpoints that every service has.

    Args:
        service: The service's name in paths, such as `orders`.
        chaos: Whether admins can crash the process, to watch its recovery.
    """
    router = APIRouter(tags=["health"])

    @router.get(f"/api/{service}_health")
    async def health() -> Health:
        """Check that the service is alive."""
        return Health()

    if chaos:

        @router.get(
            f"/api/{service}_error",
            status_code=202,
            responses=problems.responses(problems.UNAUTHENTICATED, problems.FORBIDDEN),
        )
        async def error(
            _caller: Annotated[Identity, Depends(require_admin)], background: BackgroundTasks
        ) -> Health:
            """Crash the service's process, to watch its recovery."""
            background.add_task(_crash)
            return Health(status="ending")

    return router


def monitoring_app(state: State) -> Starlette:
    """Return the application of the port for monitoring.

    Args:
        state: The state of the service's application, which has its services.
    """

    async def ready(_request: Request) -> Response:
        failing, paused = await run_checks(state.services.checks)
        named = {"paused": paused} if paused else {}
        if not failing:
            return JSONResponse({"status": "ok", **named})
        body = {"status": "unavailable", "failing": failing, **named}
        return JSONResponse(body, status_code=503)

    return Starlette(routes=[Route("/ready", ready), Route("/metrics", telemetry.metrics)])


def _crash() -> None:
    # SIGKILL leaves no time for cleanup, as in a real crash.
    os.kill(os.getpid(), signal.SIGKILL)
