"""The sandbox over HTTP: the API of Stripe, the pages of Checkout, and the switches."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shopkit.stripe_sandbox import controls, objects, pages
from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.errors import ApiError
from shopkit.stripe_sandbox.objects import Object
from shopkit.stripe_sandbox.parameters import (
    CreateRefund,
    CreateSession,
    GetSession,
    ListEvents,
    ListOfPayment,
    ListSessions,
    NoParameters,
    read,
)
from shopkit.stripe_sandbox.store import Answer, Store
from shopkit.stripe_sandbox.switches import Api

HANG_SECONDS = 60
_FAILED = Answer(500, {"error": {"type": "api_error", "message": "Something went wrong."}})
_SESSIONS = "/v1/checkout/sessions"

Work = Callable[..., Object]


class Operation(NamedTuple):
    """An operation of the API. `work` gets the parameters as text, and those of the path."""

    method: str
    path: str
    work: Work


class Operations:
    """The operations of the API that the shop uses."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def table(self) -> list[Operation]:
        """Return the operations with their paths."""
        return [
            Operation("POST", _SESSIONS, self.create_session),
            Operation("GET", _SESSIONS, self.list_sessions),
            Operation("GET", f"{_SESSIONS}/{{id_}}", self.get_session),
            Operation("POST", f"{_SESSIONS}/{{id_}}/expire", self.expire_session),
            Operation("POST", "/v1/refunds", self.create_refund),
            Operation("GET", "/v1/refunds", self.list_refunds),
            Operation("GET", "/v1/disputes", self.list_disputes),
            Operation("GET", "/v1/events", self.list_events),
        ]

    def create_session(self, text: str) -> Object:
        """Create a page of Checkout."""
        return self._account.create_session(read(CreateSession, text))

    def get_session(self, text: str, id_: str) -> Object:
        """Return a session."""
        return self._account.session(id_, expand=bool(read(GetSession, text).expand))

    def list_sessions(self, text: str) -> Object:
        """List the sessions of a payment."""
        wanted = read(ListSessions, text)
        found = self._account.sessions_of(wanted.payment_intent, expand=bool(wanted.expand))
        return objects.page(found, _SESSIONS, wanted.limit)

    def expire_session(self, text: str, id_: str) -> Object:
        """Close a page."""
        read(NoParameters, text)
        return self._account.expire_session(id_)

    def create_refund(self, text: str) -> Object:
        """Pay a part of a payment back."""
        return self._account.create_refund(read(CreateRefund, text))

    def list_refunds(self, text: str) -> Object:
        """List the refunds of a payment."""
        wanted = read(ListOfPayment, text)
        found = self._account.of_payment("refund", wanted.payment_intent)
        return objects.page(found, "/v1/refunds", wanted.limit)

    def list_disputes(self, text: str) -> Object:
        """List the disputes of a payment."""
        wanted = read(ListOfPayment, text)
        found = self._account.of_payment("dispute", wanted.payment_intent)
        return objects.page(found, "/v1/disputes", wanted.limit)

    def list_events(self, text: str) -> Object:
        """List events."""
        wanted = read(ListEvents, text)
        return objects.page(self._account.events(wanted), "/v1/events", wanted.limit)


class Answers:
    """Answers requests as the switches say, and repeats the answers to idempotency keys.

    Args:
        store: The answers to idempotency keys.
        account: The account.
        key: The secret key that requests must have.
    """

    def __init__(self, store: Store, account: Account, key: str) -> None:
        self._store = store
        self._account = account
        self._key = key

    async def answer(self, request: Request, work: Work, parameters: dict[str, Any]) -> Answer:
        """Return the answer to a request."""
        if request.headers.get("Authorization") != f"Bearer {self._key}":
            raise ApiError(401, "Invalid API key.")
        if self._account.switches.api is Api.HANG:
            await asyncio.sleep(HANG_SECONDS)
        if request.method == "GET":
            return self._work(request, work, request.url.query, parameters)
        text = (await request.body()).decode()
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return self._work(request, work, text, parameters)
        wanted = f"{request.url.path}\n{text}"
        if stored := self._store.answer(key):
            if stored[0] != wanted:
                message = "The idempotency key belongs to another request."
                raise ApiError(400, message, type_="idempotency_error")
            return stored[1]
        # A refusal is an exception, and so is not stored for the key, as at Stripe. A 500 is.
        result = self._work(request, work, text, parameters)
        self._store.keep_answer(key, wanted, result)
        return result

    def _work(self, request: Request, work: Work, text: str, parameters: dict[str, Any]) -> Answer:
        mode = self._account.switches.api
        if mode is Api.FAIL:
            return _FAILED
        result = Answer(200, work(text, **parameters))
        fails = mode is Api.FAIL_AFTER_WORK and request.method == "POST"
        return _FAILED if fails else result


def create_app(store: Store, account: Account, key: str) -> FastAPI:
    """Return the application.

    Args:
        store: The answers to idempotency keys.
        account: The account.
        key: The secret key that requests must have.
    """
    app = FastAPI(title="Stripe sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    answers = Answers(store, account, key)

    @app.exception_handler(ApiError)
    async def show_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)  # noqa: S101 - the handler is registered for it.
        return JSONResponse(error.body, error.status)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    for operation in Operations(account).table():
        _add(app, answers, operation)
    app.include_router(controls.router(account))
    app.include_router(pages.router(account))
    return app


def _add(app: FastAPI, answers: Answers, operation: Operation) -> None:
    async def endpoint(request: Request) -> JSONResponse:
        answer = await answers.answer(request, operation.work, request.path_params)
        return JSONResponse(answer.body, answer.status)

    app.add_api_route(operation.path, endpoint, methods=[operation.method])
