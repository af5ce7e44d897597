from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from jinja2 import DictLoader, PackageLoader

from shopkit.mail import templates
from shopkit.mail.mails import Mails, MailStatus, StoredMail
from shopkit.mail.sender import DeadLinkError, MailSender, pause_after
from shopkit.mail.smtp import Envelope, PermanentFailureError, TemporaryFailureError
from shopkit.mail.templates import Rendered, Templates
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Mail
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON

Counted = Callable[..., float]

PLAIN = "{% block subject %}Hello{% endblock %}{{ name }}"
LINKED = "{% block subject %}Hello{% endblock %}{{ link }}"


class Transport:
    """Accepts mails, or raises an error instead."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.sent: list[tuple[Envelope, Rendered]] = []

    async def send(self, envelope: Envelope, rendered: Rendered) -> None:
        if self.error:
            raise self.error
        self.sent.append((envelope, rendered))


@pytest.fixture
def mails(database: Database, clock: FakeClock) -> Mails:
    return Mails(database, clock)


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def sender(
    mails: Mails, transport: Transport, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> MailSender:
    load = PackageLoader

    def loader(package: str, folder: str = "templates") -> object:
        if package == "a service":
            return DictLoader({"plain.jinja": PLAIN, "linked.jinja": LINKED})
        return load(package, folder)

    async def create_link(mail: Mail) -> str:
        if "expired" in mail.data:
            raise DeadLinkError
        return f"https://shop.example/#token={mail.data['number']}"

    monkeypatch.setattr(templates, "PackageLoader", loader)
    loaded = Templates("a service", shop_address="https://shop.example", currency="EUR")
    return MailSender(mails, transport, loaded, links={"linked": create_link}, clock=clock)


def plain(number: int = 1) -> Mail:
    return Mail(f"plain/{number}", "plain", f"ann{number}@shop.example", {"name": "Ann"})


async def all_of(mails: Mails) -> Sequence[StoredMail]:
    page, _ = await mails.page(None, limit=100, cursor=None)
    return page


class TestSendDue:
    async def test_sends_every_mail_once(
        self, mails: Mails, sender: MailSender, transport: Transport
    ) -> None:
        # Given
        await mails.add([plain(number) for number in range(1, 8)], session=None)
        # When
        await sender.send_due()
        await sender.send_due()
        # Then
        assert sorted(envelope.recipient for envelope, _ in transport.sent) == [
            f"ann{number}@shop.example" for number in range(1, 8)
        ]
        assert {mail.status for mail in await all_of(mails)} == {MailStatus.SENT}

    async def test_the_envelope_derives_from_the_cause(
        self, mails: Mails, sender: MailSender, transport: Transport
    ) -> None:
        await mails.add([plain()], session=None)

        await sender.send_due()

        [(envelope, rendered)] = transport.sent
        assert envelope == Envelope(plain().id, "ann1@shop.example", NOON)
        assert (rendered.subject, rendered.text) == ("Hello", "HelloAnn\n")

    async def test_creates_a_link_when_the_mail_is_sent(
        self, mails: Mails, sender: MailSender, transport: Transport
    ) -> None:
        await mails.add([Mail("a", "linked", "ann@shop.example", {"number": 7})], session=None)

        await sender.send_due()

        assert [rendered.text for _, rendered in transport.sent] == [
            "Hellohttps://shop.example/#token=7\n"
        ]

    async def test_does_not_send_a_link_that_has_expired(
        self, mails: Mails, sender: MailSender, transport: Transport
    ) -> None:
        await mails.add([Mail("a", "linked", "ann@shop.example", {"expired": 1})], session=None)

        await sender.send_due()

        assert transport.sent == []
        assert [mail.status for mail in await all_of(mails)] == [MailStatus.EXPIRED]


class TestFailures:
    async def test_retries_with_growing_pauses_and_parks_after_two_days(
        self, mails: Mails, sender: MailSender, transport: Transport, clock: FakeClock
    ) -> None:
        # Given
        await mails.add([plain()], session=None)
        transport.error = TemporaryFailureError("451 try later")
        # When
        times: list[timedelta] = []
        while True:
            await sender.send_due()
            [stored] = await all_of(mails)
            if stored.status is not MailStatus.WAITING:
                break
            times.append(clock() - NOON)
            clock.advance(seconds=pause_after(stored.attempts - 1).total_seconds())
        # Then
        assert [time.total_seconds() for time in times[:5]] == [0, 5, 15, 35, 75]
        assert times[-1] < timedelta(days=2) <= clock() - NOON < timedelta(days=2, hours=1)
        assert (stored.status, stored.reason) == (MailStatus.PARKED, "451 try later")
        assert stored.mail == plain()

    async def test_parks_a_refused_mail_with_the_answer_and_sends_the_others(
        self, mails: Mails, sender: MailSender, transport: Transport
    ) -> None:
        # Given
        await mails.add([plain(1)], session=None)
        transport.error = PermanentFailureError("550 no such user")
        await sender.send_due()
        # When
        transport.error = None
        await mails.add([plain(2)], session=None)
        await sender.send_due()
        # Then
        by_id = {stored.mail.id: stored for stored in await all_of(mails)}
        refused = by_id[plain(1).id]
        assert (refused.status, refused.reason) == (MailStatus.PARKED, "550 no such user")
        assert refused.mail.data == {"name": "Ann"}
        assert by_id[plain(2).id].status is MailStatus.SENT

    async def test_parks_a_mail_that_cannot_be_rendered(
        self, mails: Mails, sender: MailSender, transport: Transport
    ) -> None:
        await mails.add([Mail("a", "plain", "ann@shop.example", {})], session=None)

        await sender.send_due()

        [stored] = await all_of(mails)
        assert transport.sent == []
        assert stored.status is MailStatus.PARKED
        assert stored.reason == "The mail cannot be rendered: 'name' is undefined"

    async def test_sends_again_after_a_crash_with_the_same_id(
        self, mails: Mails, sender: MailSender, transport: Transport, clock: FakeClock
    ) -> None:
        # Given
        await mails.add([plain()], session=None)
        await mails.lease()
        # When
        await sender.send_due()
        early = list(transport.sent)
        clock.advance(minutes=1)
        await sender.send_due()
        # Then
        assert early == []
        assert [envelope.mail_id for envelope, _ in transport.sent] == [plain().id]


class TestMeasure:
    async def test_sets_the_metrics(
        self,
        mails: Mails,
        sender: MailSender,
        transport: Transport,
        clock: FakeClock,
        counted: Counted,
    ) -> None:
        # Given
        await mails.add([plain(1)], session=None)
        transport.error = PermanentFailureError("550")
        await sender.send_due()
        await mails.add([plain(2)], session=None)
        clock.advance(seconds=90)
        # When
        await sender.measure()
        # Then
        assert counted("mail_parked") == 1
        assert counted("mail_waiting") == 1
        assert counted("mail_oldest_waiting_seconds") == 90


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause_after(failures).total_seconds() for failures in (0, 1, 9, 10, 100)] == [
        5,
        10,
        2560,
        3600,
        3600,
    ]
