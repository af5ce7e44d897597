"""The client of the internal endpoint of authentication-ms."""

from collections.abc import Collection

import aiohttp

from shopkit.contract.internal import AUTHENTICATION, FindAccounts, FoundAccounts
from shopkit.proofs import ProofSigner, proof_header
from shopkit.tracing import spans
from shopkit.tracing.context import current_trace_context

_ROUTE = "/internal/accounts"
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class AccountsClient:
    """Finds accounts by their email addresses.

    Args:
        session: The HTTP session.
        authentication_url: The address of authentication-ms.
        proofs: Proves that orders-ms calls.
    """

    def __init__(
        self, session: aiohttp.ClientSession, authentication_url: str, proofs: ProofSigner
    ) -> None:
        self._session = session
        self._url = authentication_url.rstrip("/") + _ROUTE
        self._proofs = proofs

    async def find_ids(self, emails: Collection[str]) -> dict[str, str]:
        """Return the ids of the accounts that exist, by normalized email address.

        Args:
            emails: At most `shopkit.contract.internal.PAGE` normalized email addresses.

        Raises:
            aiohttp.ClientError: authentication-ms is unavailable, or it refuses the request.
            TimeoutError: authentication-ms did not answer in time.
        """
        body = FindAccounts(emails=list(emails)).model_dump()
        proof = dict([proof_header(self._proofs.prove_service(AUTHENTICATION))])
        trace = current_trace_context()
        with spans.start_call(AUTHENTICATION, "POST", _ROUTE, trace) as span:
            headers = {**span.headers, **proof}
            async with self._session.post(
                self._url, json=body, headers=headers, timeout=_TIMEOUT
            ) as response:
                span.set_answered(response.status)
                response.raise_for_status()
                return FoundAccounts.model_validate_json(await response.read()).accounts
