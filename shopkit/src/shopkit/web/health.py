"""Whether a service lives, and whether it can work."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from shopkit.web import identity, problems, telemetry

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[None]]
"""Returns where a part works; raises, with the reason as its text, where it does not."""


class Health(BaseModel):
    """The answer of a service that lives."""

    status: str = "ok"


def router(service: str, *, chaos: bool) -> APIRouter:
    """Return the routes that every service has.

    Args:
        service: Its name in the paths, such as `orders`.
        chaos: Whether an admin may end the process, to see it recover.
    """
    routes = APIRouter(tags=["health"])

    @routes.get(f"/api/{service}_health")
    async def health() -> Health:
        return Health()

    if chaos:

        @routes.get(
            f"/api/{service}_error",
            status_code=202,
            responses=problems.document(problems.UNAUTHENTICATED, problems.FORBIDDEN),
        )
        async def error(
            _caller: Annotated[identity.Identity, Depends(identity.admin)],
            after: BackgroundTasks,
        ) -> Health:
            after.add_task(_end_process)
            return Health(status="ending")

    routes.add_api_route("/metrics", telemetry.metrics, include_in_schema=False)
    return routes


def _end_process() -> None:
    # SIGKILL leaves no time to tidy up: what is shown is the recovery from a crash.
    os.kill(os.getpid(), signal.SIGKILL)


async def readiness(checks: Mapping[str, Check]) -> dict[str, str]:
    """Run all checks at once and return the failing parts with their reasons."""

    async def run(name: str, check: Check) -> tuple[str, str] | None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except TimeoutError:
            return name, f"no answer within {CHECK_SECONDS:g} s"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason.
            return name, str(error) or type(error).__name__
        return None

    results = await asyncio.gather(*(run(name, check) for name, check in checks.items()))
    return dict(result for result in results if result)


def ready_route(checks: Callable[[Request], Mapping[str, Check]]) -> APIRouter:
    """Return the route /ready, which names the failing part.

    Args:
        checks: Gives the parts to ask for a request's application.
    """
    routes = APIRouter()

    @routes.get("/ready", include_in_schema=False)
    async def ready(request: Request) -> Any:
        failing = await readiness(checks(request))
        if not failing:
            return Health()
        return JSONResponse({"status": "unavailable", "failing": failing}, status_code=503)

    return routes
