"""Backs up a database while it is in use, and restores it, like mongodump and mongorestore."""

from typing import Any

from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

DATABASE = "shop"

Backup = dict[str, list[dict[str, Any]]]


def back_up(url: str) -> Backup:
    """Return all documents of one moment, by collection."""
    with MongoClient[dict[str, Any]](url) as client, client.start_session() as session:
        database = client[DATABASE]
        names = [name for name in database.list_collection_names() if not name.startswith("system")]

        def read(_session: Any) -> Backup:
            return {name: list(database[name].find({}, session=session)) for name in names}

        return session.with_transaction(read, read_concern=ReadConcern("snapshot"))


def restore(url: str, backup: Backup) -> None:
    """Replace all documents by those of a backup."""
    with MongoClient[dict[str, Any]](url) as client:
        database = client[DATABASE]
        for name in database.list_collection_names():
            if name.startswith("system"):
                continue
            database[name].delete_many({})
            if documents := backup.get(name):
                database[name].insert_many(documents)
