"""What the lifespan built, as controllers ask for it."""

from typing import Annotated

from fastapi import Depends, Request

from authentication.cookies import Cookies
from authentication.services.accounts import Accounts
from authentication.services.administration import Administration
from authentication.services.keys import KeyRing
from authentication.services.revocations import Revocations
from authentication.services.sessions import Sessions
from authentication.wiring import Services
from shopkit.storage.audit import AuditTrail


async def services(request: Request) -> Services:
    """Return the services of the application that answers."""
    built: Services = request.app.state.services
    return built


Built = Annotated[Services, Depends(services)]


def trail_of(request: Request) -> AuditTrail:
    """Return the audit trail of the application that answers."""
    built: Services = request.app.state.services
    return built.trail


async def _accounts(built: Built) -> Accounts:
    return built.accounts


async def _sessions(built: Built) -> Sessions:
    return built.sessions


async def _administration(built: Built) -> Administration:
    return built.administration


async def _revocations(built: Built) -> Revocations:
    return built.revocations


async def _keys(built: Built) -> KeyRing:
    return built.keys


async def _cookies(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.cookies
    return cookies


AccountsService = Annotated[Accounts, Depends(_accounts)]
SessionsService = Annotated[Sessions, Depends(_sessions)]
AdministrationService = Annotated[Administration, Depends(_administration)]
RevocationsService = Annotated[Revocations, Depends(_revocations)]
Keys = Annotated[KeyRing, Depends(_keys)]
SessionCookies = Annotated[Cookies, Depends(_cookies)]
