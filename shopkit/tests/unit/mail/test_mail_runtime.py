import pytest

from shopkit.mail.mail_runtime import mail_loops, mail_store
from shopkit.mail.mails import Mails
from shopkit.settings import Environment, MailSettings
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


def test_nothing_is_stored_or_sent_if_mail_is_off(
    database: Database, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    production = MailSettings(port=1, mail="off")
    development = MailSettings(port=1, mail="off", environment=Environment.DEVELOPMENT)
    # When
    mails = mail_store(production, database, clock)
    loops = [
        mail_loops(settings, "orders", mails, links={}, clock=clock)
        for settings in (production, development)
    ]
    # Then
    assert mails is None
    assert loops == [{}, {}]
    assert capsys.readouterr().out.count("MAIL=off: nobody gets mail") == 1


def test_mail_has_two_loops(database: Database, clock: FakeClock) -> None:
    settings = MailSettings(
        port=1,
        mail_sender="mail@kiosk.example",
        public_url="https://shop.example",
        smtp_host="127.0.0.1",
    )

    mails = mail_store(settings, database, clock)

    assert isinstance(mails, Mails)
    assert list(mail_loops(settings, "orders", mails, links={}, clock=clock)) == [
        "mail",
        "mail metrics",
    ]
