"""Accounts and mail through nginx, with a real SMTP server that stores the mails."""

import re
from collections.abc import Callable
from email.message import EmailMessage

import httpx2
import pytest
from tests.e2e.shop import SignIn, place_order, wait_for

from shopkit.mail_catcher import read_mail, text_of
from stack import Stack

PASSWORD, NEW_PASSWORD = "correct horse", "battery staple"
LINK = re.compile(r"^(http://\S+?)(/[a-z-]+)#token=(\S{43})$", re.MULTILINE)

MailTo = Callable[[str, str], EmailMessage]


@pytest.fixture
def mail_to(stack: Stack) -> MailTo:
    """Waits for the last mail to an address with a subject."""

    def mail_to(recipient: str, subject: str) -> EmailMessage:
        def find() -> EmailMessage | None:
            mails = [read_mail(path) for path in reversed(stack.mails())]
            return next(
                (m for m in mails if m["To"] == recipient and subject in m["Subject"]), None
            )

        return wait_for(find)

    return mail_to


def token_in(mail: EmailMessage, page: str, stack: Stack) -> str:
    [(address, path, token)] = LINK.findall(text_of(mail))
    assert (address, path) == (stack.settings.shop_url, page)
    assert text_of(mail, "html").count(f'href="{address}{page}#token={token}"') == 2
    return str(token)


def register(shop: httpx2.Client, email: str) -> None:
    response = shop.post("/api/register", json={"email": email, "password": PASSWORD})
    assert response.status_code == 201, response.text


def test_a_shopper_verifies_the_address_orders_and_gets_mails(
    stack: Stack, shop: httpx2.Client, sign_in: SignIn, mail_to: MailTo
) -> None:
    # Given
    email = "verify@mail.example"
    register(shop, email)
    shopper = sign_in(email, PASSWORD)
    token = token_in(mail_to(email, "Confirm your email"), "/verify-email", stack)
    # When
    visitor = shop.post("/api/email-verifications/confirm", json={"token": token})
    confirmed = shopper.post("/api/email-verifications/confirm", json={"token": token})
    order = place_order(shopper, quantity=2).json()
    # Then
    assert (visitor.status_code, confirmed.status_code) == (401, 204)
    assert shopper.get("/api/me").json()["verified"] is True
    mail = mail_to(email, f"We have accepted your order {order['number']}")
    assert f"{stack.settings.shop_url}/orders/{order['id']}" in text_of(mail)
    assert "- 2 x cutlery: " in text_of(mail)
    # When
    shopper.post(f"/api/orders/{order['id']}/cancel")
    # Then
    mail_to(email, f"Your order {order['number']} is cancelled")


def test_a_forgotten_password_is_reset_and_the_old_session_has_ended(
    stack: Stack, shop: httpx2.Client, sign_in: SignIn, mail_to: MailTo
) -> None:
    # Given
    email = "forgot@mail.example"
    register(shop, email)
    old = sign_in(email, PASSWORD)
    # When
    requested = shop.post("/api/password-resets", json={"email": email})
    unknown = shop.post("/api/password-resets", json={"email": "nobody@mail.example"})
    token = token_in(mail_to(email, "Choose a new password"), "/reset-password", stack)
    body = {"token": token, "password": NEW_PASSWORD}
    confirmed = shop.post("/api/password-resets/confirm", json=body)
    # Then
    assert (requested.status_code, unknown.status_code) == (202, 202)
    assert confirmed.status_code == 204
    mail_to(email, "Your password was changed")
    wait_for(lambda: old.get("/api/me").status_code == 401)
    assert sign_in(email, NEW_PASSWORD).get("/api/me").json()["verified"] is True
    assert shop.post("/api/password-resets/confirm", json=body).status_code == 410
    assert not [path for path in stack.mails() if b"nobody@mail.example" in path.read_bytes()]


def test_a_change_of_address_is_confirmed_and_undone(
    stack: Stack, shop: httpx2.Client, sign_in: SignIn, mail_to: MailTo
) -> None:
    # Given
    email, other = "owner@mail.example", "thief@mail.example"
    register(shop, email)
    thief = sign_in(email, PASSWORD)
    order = place_order(thief).json()
    mail_to(email, f"We have accepted your order {order['number']}")
    # When
    thief.post("/api/me/email", json={"email": other, "password": PASSWORD})
    token = token_in(mail_to(other, "Confirm your new"), "/confirm-email-change", stack)
    confirmed = shop.post("/api/email-changes/confirm", json={"token": token})
    # Then
    assert confirmed.status_code == 204
    assert sign_in(other, PASSWORD).get("/api/me").json()["email"] == other
    # When
    undo = token_in(mail_to(email, "Your email address was changed"), "/undo-email-change", stack)
    undone = shop.post("/api/email-changes/undo", json={"token": undo})
    reset = token_in(mail_to(email, "Choose a new password"), "/reset-password", stack)
    body = {"token": reset, "password": NEW_PASSWORD}
    # Then
    assert undone.status_code == 204
    assert shop.post("/api/password-resets/confirm", json=body).status_code == 204
    owner = sign_in(email, NEW_PASSWORD)
    assert owner.get("/api/me").json()["email"] == email
    assert owner.get(f"/api/orders/{order['id']}").status_code == 200
    wait_for(lambda: thief.get("/api/me").status_code == 401)


def test_admins_see_which_mails_were_sent(
    shop: httpx2.Client, sign_in: SignIn, mail_to: MailTo
) -> None:
    # Given
    register(shop, "listed@mail.example")
    mail_to("listed@mail.example", "Confirm your email")
    admin = sign_in("admin@admin.com")

    # When
    def find() -> dict[str, object] | None:
        mails = admin.get("/api/admin/mails/authentication?status=sent").json()["mails"]
        return next((mail for mail in mails if mail["recipient"] == "listed@mail.example"), None)

    mail = wait_for(find)
    # Then
    assert (mail["template"], mail["reason"]) == ("email-verification", None)
    assert admin.get("/api/admin/mails/orders").status_code == 200
    assert shop.get("/api/admin/mails/orders").status_code == 401


def test_the_page_of_the_stack_shows_the_mails(
    stack: Stack, shop: httpx2.Client, mail_to: MailTo
) -> None:
    register(shop, "page@mail.example")
    mail_to("page@mail.example", "Confirm your email")

    page = httpx2.get(stack.settings.mail_url).text

    assert "page@mail.example" in page


def test_a_parcel_is_paid_by_transfer_shipped_and_followed(
    stack: Stack, shop: httpx2.Client, sign_in: SignIn, mail_to: MailTo
) -> None:
    # Given
    email = "parcel@mail.example"
    register(shop, email)
    shopper, admin = sign_in(email, PASSWORD), sign_in("ccc@ccc.com")
    method = {"name": "Parcel", "countries": ["DE"], "fees": [{"from": 0, "fee": 4.9}], "days": 3}
    put = admin.put("/api/admin/delivery-methods/e2e", json=method)
    assert put.status_code == 200, put.text
    offers = shop.get("/api/delivery-methods", params={"country": "DE", "value": 5.99}).json()
    assert "e2e" in [offer["id"] for offer in offers["methods"]]
    address = {
        "name": "Ann Lee",
        "lines": ["Unter den Linden 1"],
        "postcode": "10117",
        "city": "Berlin",
        "country": "DE",
    }
    body = {
        "products": [{"name": "Cutlery", "quantity": 1}],
        "delivery": {"method": "e2e", "fee": 4.9, "address": address},
        "payment": {"method": "TRANSFER"},
    }
    # When
    placed = shopper.post("/api/orders", json=body)
    assert placed.status_code == 201, placed.text
    number, path = placed.json()["number"], f"/api/orders/{placed.json()['id']}"
    wait_for(lambda: shopper.get(path).json()["payment"]["state"] == "DUE")
    asked = text_of(mail_to(email, f"We have accepted your order {number}"))
    code = shopper.get(f"{path}/payment-qr")
    desk = path.replace("/api/", "/api/admin/")
    total = placed.json()["total"]
    paid = admin.post(f"{desk}/payments", json={"amount": total, "method": "TRANSFER"})
    shipped = admin.post(f"{desk}/shipments", json={"carrier": "DHL", "tracking_number": "0034"})
    # Then
    assert f"Reference: {number}" in asked
    assert f"Please transfer {total:.2f} EUR" in asked
    # nginx adds the character set.
    assert (code.status_code, code.headers["content-type"].split(";")[0]) == (200, "image/svg+xml")
    assert (paid.status_code, shipped.status_code) == (200, 200)
    assert shopper.get(path).json()["fulfilment"]["state"] == "SHIPPED"
    mail = text_of(mail_to(email, f"Your order {number} is on its way"))
    assert "Carrier: DHL, 0034" in mail
    assert "Unter den Linden 1, 10117 Berlin" in mail
    assert shopper.post(f"{path}/cancel").status_code == 409
    assert admin.delete("/api/admin/delivery-methods/e2e").status_code == 204
