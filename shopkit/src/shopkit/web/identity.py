"""The caller of a request, from the proof in the header `Authorization`.

This is the only place that decides who calls. Nothing else in a request counts, and neither does
where it comes from. The dependencies are coroutines although they do not wait: FastAPI runs other
functions in a thread, which takes longer than the functions themselves.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request

from shopkit.identity import Identity, Role
from shopkit.proofs import HEADER, SCHEME, InvalidProofError, ProofVerifier
from shopkit.security_events import SecurityEvent, report

VISITOR = Identity()
_CLAIM = "X-User-Role"
"""The gateway sends this header with a proof. Alone, it is an attempt to forge an identity."""


class AuthenticationRequiredError(Exception):
    """The request needs a signed-in user."""

    def __str__(self) -> str:
        """Return what to do."""
        return "Sign in first."


class AdminRequiredError(Exception):
    """The request needs an admin."""

    def __str__(self) -> str:
        """Return what is missing."""
        return "Only admins can do this."


def _read_proof(request: Request) -> str | None:
    header = request.headers.get(HEADER)
    if header is None:
        return None
    if not header.startswith(SCHEME):
        raise InvalidProofError
    return header.removeprefix(SCHEME)


@contextmanager
def _reporting_refusals(request: Request) -> Iterator[None]:
    try:
        yield
    except InvalidProofError:
        _report_refusal(request)
        raise


def _report_refusal(request: Request) -> None:
    peer = request.client.host if request.client else ""
    report(SecurityEvent.IDENTITY_REFUSED, address=peer)


async def get_caller(request: Request) -> Identity:
    """Return the caller. Without a proof of the gateway, it is a visitor without an address.

    Raises:
        InvalidProofError: The proof cannot be trusted.
    """
    with _reporting_refusals(request):
        proof = _read_proof(request)
        if proof is None:
            if _CLAIM in request.headers:
                _report_refusal(request)
            return VISITOR
        state = request.app.state
        verifier: ProofVerifier = state.proofs
        return verifier.verify_caller(proof, state.services.clock)


async def require_user(caller: Annotated[Identity, Depends(get_caller)]) -> Identity:
    """Return the caller, who is signed in.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
    """
    if caller.role is Role.VISITOR or not caller.account_id:
        raise AuthenticationRequiredError
    return caller


async def require_admin(caller: Annotated[Identity, Depends(require_user)]) -> Identity:
    """Return the caller, who is an admin.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
        AdminRequiredError: The caller is not an admin.
    """
    if not caller.is_admin:
        raise AdminRequiredError
    return caller


def require_service(issuer: str) -> Callable[[Request], Awaitable[None]]:
    """Return a dependency of internal endpoints that only one service may call.

    Args:
        issuer: The name of that service.
    """

    async def check(request: Request) -> None:
        with _reporting_refusals(request):
            proof = _read_proof(request)
            if proof is None:
                raise InvalidProofError
            state = request.app.state
            verifier: ProofVerifier = state.proofs
            verifier.verify_service(proof, issuer, state.services.clock)

    return check


Anyone = Annotated[Identity, Depends(get_caller)]
User = Annotated[Identity, Depends(require_user)]
Admin = Annotated[Identity, Depends(require_admin)]
