"""The problem types of database errors, and of lists that are read from the database.

The database's own messages never reach a client.
"""

from dataclasses import replace

from pymongo.errors import PyMongoError

from shopkit.storage.audit import TooManyActorsError
from shopkit.storage.keyset import InvalidCursorError
from shopkit.storage.mongo import GuardMissedError, is_temporary
from shopkit.web import problems

DATABASE_UNAVAILABLE = replace(
    problems.UNAVAILABLE, detail="The database is unavailable. Try again in a moment."
)
_INTERNAL = replace(problems.INTERNAL, detail=problems.INTERNAL_DETAIL)


def _problem_type(error: Exception) -> problems.ProblemType:
    return DATABASE_UNAVAILABLE if is_temporary(error) else _INTERNAL


TABLE: problems.ProblemTable = {
    PyMongoError: _problem_type,
    GuardMissedError: DATABASE_UNAVAILABLE,
    InvalidCursorError: problems.VALIDATION,
    TooManyActorsError: problems.VALIDATION,
}
