from datetime import timedelta

import pytest

from shopkit.mail.mails import LEASE, RETENTION, Mails, MailStatus
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Mail
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON

WELCOME = Mail("welcome/1", "welcome", "ann@shop.com", {"number": 1})


@pytest.fixture
def mails(any_database: Database, clock: FakeClock) -> Mails:
    return Mails(any_database, clock)


class TestAdd:
    async def test_stores_a_mail_that_is_due(self, mails: Mails) -> None:
        # When
        await mails.add([WELCOME], session=None)
        # Then
        stored = await mails.find_by_id(WELCOME.id)
        assert stored
        assert stored.mail == WELCOME
        assert (stored.status, stored.created_at, stored.attempts) == (MailStatus.WAITING, NOON, 0)
        assert (stored.reason, stored.changed_at) == (None, None)

    async def test_stores_one_mail_for_each_cause(self, mails: Mails, clock: FakeClock) -> None:
        # Given
        await mails.add([WELCOME], session=None)
        clock.advance(hours=1)
        # When
        again = Mail("welcome/1", "welcome", "other@shop.com", {})
        other = Mail("welcome/2", "welcome", "ben@shop.com", {})
        await mails.add([again, other, other], session=None)
        # Then
        page, _ = await mails.page(None, limit=10, cursor=None)
        assert [(item.mail, item.created_at) for item in page] == [
            (other, NOON + timedelta(hours=1)),
            (WELCOME, NOON),
        ]


class TestLease:
    async def test_leases_a_mail_to_one_process_until_the_lease_ends(
        self, any_database: Database, mails: Mails, clock: FakeClock
    ) -> None:
        # Given
        await mails.add([WELCOME], session=None)
        another = Mails(any_database, clock)
        # When
        first, second = await mails.lease(), await another.lease()
        clock.advance(seconds=LEASE.total_seconds())
        third = await another.lease()
        # Then
        assert (first and first.mail, second, third and third.mail) == (WELCOME, None, WELCOME)

    async def test_ignores_a_result_of_a_process_whose_lease_ended(
        self, any_database: Database, mails: Mails, clock: FakeClock
    ) -> None:
        # Given
        await mails.add([WELCOME], session=None)
        await mails.lease()
        clock.advance(seconds=LEASE.total_seconds())
        await Mails(any_database, clock).lease()
        # When
        await mails.postpone(WELCOME.id, timedelta(hours=1), "late")
        await mails.park(WELCOME.id, "late")
        # Then
        stored = await mails.find_by_id(WELCOME.id)
        assert stored
        assert (stored.status, stored.attempts, stored.reason) == (MailStatus.WAITING, 0, None)

    async def test_returns_a_postponed_mail_after_the_pause(
        self, mails: Mails, clock: FakeClock
    ) -> None:
        # Given
        await mails.add([WELCOME], session=None)
        await mails.lease()
        # When
        await mails.postpone(WELCOME.id, timedelta(seconds=90), "451 later")
        clock.advance(seconds=89)
        early = await mails.lease()
        clock.advance(seconds=1)
        due = await mails.lease()
        # Then
        assert early is None
        assert due
        assert (due.attempts, due.reason) == (1, "451 later")


class TestClose:
    @pytest.mark.parametrize("status", [MailStatus.SENT, MailStatus.EXPIRED])
    async def test_keeps_who_got_a_mail_for_30_days_without_its_data(
        self, any_database: Database, mails: Mails, status: MailStatus
    ) -> None:
        # Given
        await mails.add([WELCOME], session=None)
        await mails.lease()
        # When
        close = mails.mark_sent if status is MailStatus.SENT else mails.mark_expired
        await close(WELCOME.id)
        # Then
        row = await any_database["mails"].find_one({"_id": WELCOME.id})
        assert row
        assert (row["status"], row["recipient"]) == (status, "ann@shop.com")
        assert (row["changed_at"], row["expire_at"]) == (NOON, NOON + RETENTION)
        assert not {"data", "leased_until", "leased_by"} & set(row)
        assert await mails.lease() is None


class TestParked:
    @pytest.fixture
    async def parked(self, mails: Mails) -> None:
        await mails.add([WELCOME], session=None)
        await mails.lease()
        await mails.park(WELCOME.id, "550 no such user")

    @pytest.mark.usefixtures("parked")
    async def test_a_parked_mail_keeps_its_data_and_does_not_expire(
        self, any_database: Database, mails: Mails, clock: FakeClock
    ) -> None:
        clock.advance(days=60)
        assert await mails.lease() is None
        row = await any_database["mails"].find_one({"_id": WELCOME.id})
        assert row
        assert (row["status"], row["reason"]) == ("parked", "550 no such user")
        assert row["data"] == {"number": 1}
        assert "expire_at" not in row

    @pytest.mark.usefixtures("parked")
    async def test_is_due_again_with_a_new_period_of_retries(
        self, mails: Mails, clock: FakeClock
    ) -> None:
        # Given
        clock.advance(days=3)
        # When
        sent = await mails.send_again(WELCOME.id, session=None)
        again = await mails.send_again(WELCOME.id, session=None)
        # Then
        due = await mails.lease()
        assert (sent, again) == (True, False)
        assert due
        assert (due.mail, due.attempts) == (WELCOME, 0)
        assert due.retry_since == NOON + timedelta(days=3)

    @pytest.mark.usefixtures("parked")
    async def test_is_discarded_with_its_data(self, any_database: Database, mails: Mails) -> None:
        # When
        discarded = await mails.discard(WELCOME.id, session=None)
        again = await mails.discard(WELCOME.id, session=None)
        # Then
        assert (discarded, again) == (True, False)
        row = await any_database["mails"].find_one({"_id": WELCOME.id})
        assert row
        assert (row["status"], row["expire_at"]) == ("discarded", NOON + RETENTION)
        assert "data" not in row

    @pytest.mark.usefixtures("parked")
    async def test_is_counted(self, mails: Mails, clock: FakeClock) -> None:
        # Given
        clock.advance(minutes=5)
        await mails.add([Mail("welcome/2", "welcome", "ben@shop.com")], session=None)
        clock.advance(minutes=5)
        await mails.add([Mail("welcome/3", "welcome", "cid@shop.com")], session=None)
        # When
        backlog = await mails.measure()
        # Then
        assert (backlog.waiting, backlog.parked) == (2, 1)
        assert backlog.oldest == NOON + timedelta(minutes=5)
