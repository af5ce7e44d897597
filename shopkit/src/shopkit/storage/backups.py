"""Reports how old and how large the last backup of a database is.

The jobs that back up a database record each backup in it (docs/operations/backup.md).
"""

import math
from datetime import datetime

from prometheus_client import Gauge
from pymongo import DESCENDING

from shopkit.clock import Clock
from shopkit.loops import Loop, every, skip_temporary_errors
from shopkit.settings import MongoSettings, Switch
from shopkit.storage.mongo import Database, is_temporary

MEASURE_SECONDS = 60.0

AGE = Gauge(
    "backup_age_seconds",
    "The age of the last backup of the database, or since when the service waits for the first.",
)
BYTES = Gauge("backup_bytes", "The size of the last backup.")
PREVIOUS_BYTES = Gauge("backup_previous_bytes", "The size of the backup before the last one.")

# Without backups, there is nothing to report.
for gauge in (AGE, BYTES, PREVIOUS_BYTES):
    gauge.set(math.nan)


class BackupReport:
    """Reads the collection `backups`, which has a document for each backup, with its time as id.

    Args:
        database: The database.
        clock: The database's clock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._backups = database["backups"]
        self._clock = clock
        self._waits_since: datetime | None = None

    async def measure(self) -> None:
        """Set the metrics."""
        newest = await self._backups.find().sort("_id", DESCENDING).limit(2).to_list()
        now = self._clock()
        self._waits_since = self._waits_since or now
        last = newest[0]["_id"] if newest else self._waits_since
        AGE.set((now - last).total_seconds())
        for gauge, backup in zip((BYTES, PREVIOUS_BYTES), newest, strict=False):
            gauge.set(backup["bytes"])


def backup_loops(settings: MongoSettings, database: Database, clock: Clock) -> dict[str, Loop]:
    """Return the loop that reports the backups of a database, if jobs make them."""
    if settings.backups is Switch.OFF:
        return {}
    measure = skip_temporary_errors(BackupReport(database, clock).measure, is_temporary)
    return {"backups": every(MEASURE_SECONDS, measure)}
