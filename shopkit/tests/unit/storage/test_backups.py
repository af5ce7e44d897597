import math
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from shopkit.settings import Environment, MongoSettings, Switch
from shopkit.storage.backups import AGE, BYTES, PREVIOUS_BYTES, BackupReport, backup_loops
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON

HOUR = timedelta(hours=1)


def measured(name: str) -> float:
    value = REGISTRY.get_sample_value(name)
    assert value is not None
    return value


@pytest.fixture(autouse=True)
def _nothing_measured() -> None:
    for gauge in (AGE, BYTES, PREVIOUS_BYTES):
        gauge.set(math.nan)


class TestBackupReport:
    async def test_reports_the_last_backup_and_the_one_before(
        self, database: Database, clock: FakeClock
    ) -> None:
        # Given
        sizes = {72: 10, 48: 300, 24: 200}
        rows = [{"_id": NOON - hours * HOUR, "bytes": size} for hours, size in sizes.items()]
        await database["backups"].insert_many(rows)
        # When
        await BackupReport(database, clock).measure()
        # Then
        assert measured("backup_age_seconds") == 24 * 3600
        assert measured("backup_bytes") == 200
        assert measured("backup_previous_bytes") == 300

    async def test_reports_how_long_it_waits_for_the_first_backup(
        self, database: Database, clock: FakeClock
    ) -> None:
        # Given
        report = BackupReport(database, clock)
        await report.measure()
        # When
        clock.now += HOUR
        await report.measure()
        # Then
        assert measured("backup_age_seconds") == 3600
        assert math.isnan(measured("backup_bytes"))


class TestBackupLoops:
    @pytest.mark.parametrize(("backups", "names"), [(Switch.ON, ["backups"]), (Switch.OFF, [])])
    def test_reports_only_if_jobs_make_backups(
        self, database: Database, clock: FakeClock, backups: Switch, names: list[str]
    ) -> None:
        settings = MongoSettings(
            environment=Environment.DEVELOPMENT,
            port=1,
            mongo_url="mongodb://127.0.0.1:1",
            backups=backups,
        )
        assert list(backup_loops(settings, database, clock)) == names
