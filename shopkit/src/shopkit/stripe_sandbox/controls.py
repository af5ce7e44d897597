"""What only the sandbox has: its switches, and decisions that banks make elsewhere."""

from enum import StrEnum

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.objects import Object
from shopkit.stripe_sandbox.switches import Switches


class Outcome(StrEnum):
    """How something undecided ends."""

    SUCCEED = "succeed"
    FAIL = "fail"


class Kind(StrEnum):
    """A kind of objects."""

    SESSION = "session"
    PAYMENT_INTENT = "payment_intent"
    REFUND = "refund"
    DISPUTE = "dispute"
    EVENT = "event"


class Decision(BaseModel):
    """The end of a payment, of a refund or of a dispute, for the shop."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome


def router(account: Account) -> APIRouter:
    """Return the endpoints that control an account."""
    routes = APIRouter(prefix="/sandbox")
    _add_switches(routes, account)
    _add_customers(routes, account)
    _add_banks(routes, account)
    return routes


def _add_switches(routes: APIRouter, account: Account) -> None:
    @routes.get("/switches")
    async def get_switches() -> Switches:
        return account.switches

    @routes.put("/switches")
    async def set_switches(switches: Switches) -> Switches:
        account.set_switches(switches)
        return switches

    @routes.get("/{kind}")
    async def list_objects(kind: Kind) -> list[Object]:
        return account.all_of(kind.value)


def _add_customers(routes: APIRouter, account: Account) -> None:
    @routes.post("/sessions/{id_}/pay")
    async def pay(id_: str) -> Object:
        return account.pay(id_, status="succeeded")

    @routes.post("/sessions/{id_}/hang")
    async def hang(id_: str) -> Object:
        return account.pay(id_, status="processing")

    @routes.post("/payments/{id_}/dispute")
    async def open_dispute(id_: str) -> Object:
        return account.open_dispute(id_)


def _add_banks(routes: APIRouter, account: Account) -> None:
    @routes.post("/sessions/{id_}/settle")
    async def settle_session(id_: str, decision: Decision) -> Object:
        return account.settle_session(id_, paid=decision.outcome is Outcome.SUCCEED)

    @routes.post("/refunds/{id_}/settle")
    async def settle_refund(id_: str, decision: Decision) -> Object:
        return account.settle_refund(id_, paid=decision.outcome is Outcome.SUCCEED)

    @routes.post("/disputes/{id_}/close")
    async def close_dispute(id_: str, decision: Decision) -> Object:
        return account.close_dispute(id_, won=decision.outcome is Outcome.SUCCEED)
