"""The pages of Checkout, with cards that pay, are declined, need a confirmation, or hang."""

import html
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.objects import Object

PAYS, DECLINED, CONFIRMED, HANGS = (
    "4242424242424242",
    "4000000000000002",
    "4000002500003155",
    "4000000000000077",
)
CARDS: Mapping[str, str] = {
    PAYS: "pays",
    DECLINED: "is declined",
    CONFIRMED: "needs a confirmation",
    HANGS: "is decided later",
}
"""The numbers of the cards, and what they do."""

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Pay</title>
<style>body {{ max-width: 30rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui }}
label {{ display: block; margin: 0.5rem 0 }} button {{ font: inherit; padding: 0.5rem 1rem }}
</style><h1>Pay {amount}</h1><p>This is a sandbox. No money moves.</p>{body}</html>"""


def router(account: Account) -> APIRouter:
    """Return the pages of an account."""
    routes = APIRouter(prefix="/pay")

    @routes.get("/{id_}", response_class=HTMLResponse)
    async def show(id_: str) -> str:
        session = account.session(id_)
        if session["status"] != "open":
            return _page(session, f"<p role=alert>This page is {session['status']}.</p>")
        return _page(session, _form())

    @routes.post("/{id_}")
    async def pay(id_: str, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        card, confirmed = form.get("card", ""), form.get("confirmed", "")
        session = account.session(id_)
        if card not in CARDS or card == DECLINED or confirmed == "no":
            message = "<p role=alert>Your card was declined.</p>"
            return HTMLResponse(_page(session, message + _form()))
        if card == CONFIRMED and not confirmed:
            return HTMLResponse(_page(session, _confirmation()))
        account.pay(id_, status="processing" if card == HANGS else "succeeded")
        return RedirectResponse(session["success_url"], 303)

    return routes


def _page(session: Object, body: str) -> str:
    amount = f"{session['amount_total'] / 100:.2f} {session['currency'].upper()}"
    back = html.escape(session["cancel_url"])
    link = f'<p><a href="{back}">Back to the shop</a></p>'
    return _PAGE.format(amount=html.escape(amount), body=body + link)


def _form() -> str:
    choices = "".join(
        f'<label><input type="radio" name="card" value="{number}"'
        f"{' checked' if number == PAYS else ''}> {number}: {what}</label>"
        for number, what in CARDS.items()
    )
    return (
        f'<form method="post"><fieldset><legend>Card</legend>{choices}</fieldset>'
        "<p><button>Pay</button></form>"
    )


def _confirmation() -> str:
    return (
        f'<form method="post"><input type="hidden" name="card" value="{CONFIRMED}">'
        "<p>Your bank asks you to confirm the payment.</p>"
        '<button name="confirmed" value="yes">Confirm</button> '
        '<button name="confirmed" value="no">Refuse</button></form>'
    )
