"""What a request is answered when the database fails: never the database's own words."""

from dataclasses import replace

from pymongo.errors import PyMongoError

from shopkit.storage.mongo import GuardMissedError, is_temporary
from shopkit.web import problems

AWAY = replace(
    problems.UNAVAILABLE,
    detail="The database does not answer just now; please try again in a moment.",
)
BROKEN = replace(problems.INTERNAL, detail=problems.INTERNAL_DETAIL)


def of(error: Exception) -> problems.ProblemType:
    """Return 503 for what may succeed later, and else 500."""
    return AWAY if is_temporary(error) else BROKEN


TABLE: problems.Table = {PyMongoError: of, GuardMissedError: AWAY}
