"""Delivers the events of the sandbox to the shop, signed, and again if the shop does not accept."""

import asyncio
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable

from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.store import Delivery, Store

PERIOD_SECONDS = 0.2
TIMEOUT_SECONDS = 5
MAX_DELAY_SECONDS = 60
MAX_TRIES = 12

Send = Callable[[bytes, str], bool]
"""Sends a body with a signature, and returns whether it was accepted."""


def signature(body: bytes, secret: str, at: int) -> str:
    """Return the header `Stripe-Signature` of a body."""
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Webhooks:
    """Delivers events.

    Args:
        store: The deliveries.
        account: The events.
        secret: The secret that signs them.
        send: Sends one.
    """

    def __init__(self, store: Store, account: Account, secret: str, send: Send) -> None:
        self._store = store
        self._account = account
        self._secret = secret
        self._send = send

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._account.expire_sessions()
            for delivery in self._store.due_deliveries():
                await self.deliver(delivery)
            await asyncio.sleep(PERIOD_SECONDS)

    async def deliver(self, delivery: Delivery) -> None:
        """Deliver one event, or try it again later."""
        body = json.dumps(self._account.event(delivery.event_id)).encode()
        signed = signature(body, self._secret, int(self._store.clock()))
        if await asyncio.to_thread(self._send, body, signed) or delivery.tries >= MAX_TRIES:
            self._store.end_delivery(delivery)
            return
        delay = min(2**delivery.tries, MAX_DELAY_SECONDS)
        self._store.postpone(delivery, self._store.clock() + delay)


def sender(url: str) -> Send:
    """Return what sends to an address."""

    def send(body: bytes, signed: str) -> bool:
        request = urllib.request.Request(  # noqa: S310 - the address is an option of the program.
            url,
            body,
            {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return bool(200 <= response.status < 300)
        except (urllib.error.URLError, OSError):
            return False

    return send
