"""Explains the queries of repositories, and finds the repositories' methods."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, NamedTuple, ParamSpec, TypeVar

from bson import CodecOptions, DatetimeConversion, json_util
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from shopkit.storage.mongo import DATABASE, Database, Document

P = ParamSpec("P")
T = TypeVar("T")

COLLECTION_SCAN = "COLLSCAN"
SORT_IN_MEMORY = "SORT"
CHOSEN_SORT = "SORT instead of an index in order"
"""A sort that the database prefers to a plan without one.

It runs both until one of them has found enough documents. So it prefers the sort only if few
documents match.
"""

_EXPLAINED = {"find", "aggregate", "count", "distinct", "update", "delete", "findAndModify"}
_ANY_TIME: CodecOptions[Document] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
"""Reads the bounds of an open range of times, which Python's datetimes cannot hold."""
_STATEMENTS = {"update": "updates", "delete": "deletes"}
_OF_THE_SESSION = {
    *("lsid", "txnNumber", "startTransaction", "autocommit"),
    *("readConcern", "writeConcern", "maxTimeMS", "ordered"),
}
"""The fields of a command that an explained command cannot have, or that change no plan."""


class Accepted(NamedTuple):
    """A stage that the plans of a method may contain.

    Attributes:
        method: The method.
        stage: The stage. `SORT_IN_MEMORY` includes `CHOSEN_SORT`.
        text: A part of the queries to which this applies, empty for all.
        reason: Why the stage is harmless.
    """

    method: str
    stage: str
    text: str
    reason: str


class Recorder(CommandListener):
    """Records the commands that a client sends."""

    def __init__(self) -> None:
        self.commands: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in _EXPLAINED:
            self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Ignore the answer."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Ignore the error, which the caller receives."""


class QueryPlans:
    """Runs methods of repositories, and explains every command that they send.

    Attributes:
        database: The database that the repositories use.
        methods: The methods that were run.
        problems: The scans and sorts that were found, each with its method, filter and plan.
    """

    def __init__(
        self, database: Database, recorder: Recorder, accepted: Iterable[Accepted]
    ) -> None:
        self.database = database
        self.methods: set[str] = set()
        self.problems: dict[str, None] = {}
        self._used: set[Accepted] = set()
        self._recorder = recorder
        self._accepted = list(accepted)

    async def run(self, method: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method and explain its commands."""
        self._recorder.commands.clear()
        result = await method(*args, **kwargs)
        await self._explain_all(method)
        return result

    async def run_in_transaction(
        self, method: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any
    ) -> T:
        """Run a method in a transaction, explain its commands, and undo its changes."""
        self._recorder.commands.clear()
        async with self.database.client.start_session() as session:
            await session.start_transaction()
            result = await method(*args, **kwargs, session=session)
            await session.abort_transaction()
        await self._explain_all(method)
        return result

    async def run_pages(
        self, method: Callable[..., Awaitable[tuple[Any, str | None]]], *args: Any, **kwargs: Any
    ) -> None:
        """Read the first page of a list and one that follows it."""
        await self.run(method, *args, **kwargs, limit=20, cursor=None)
        _, cursor = await method(*args, **kwargs, limit=1, cursor=None)
        if cursor:
            await self.run(method, *args, **kwargs, limit=20, cursor=cursor)

    @property
    def unused(self) -> set[Accepted]:
        """What is accepted of the methods that were run, but was not found."""
        return {item for item in self._accepted if item.method in self.methods} - self._used

    async def _explain_all(self, method: Callable[..., Any]) -> None:
        name = name_of(method)
        self.methods.add(name)
        for command in self._recorder.commands:
            for statement in _statements(command):
                await self._explain(name, statement)

    async def _explain(self, method: str, command: Document) -> None:
        answer = await self.database.command(
            "explain", command, verbosity="queryPlanner", codec_options=_ANY_TIME
        )
        plan = list(_stages({key: answer.get(key) for key in ("queryPlanner", "stages")}))
        query = json_util.dumps(_query(command))
        for stage in _harmful(plan, answer):
            accepted = [
                item
                for item in self._accepted
                if item.method == method and item.stage in stage and item.text in query
            ]
            self._used.update(accepted)
            if not accepted:
                self.problems[f"{method}: {stage}\n  {query}\n  {' < '.join(plan)}"] = None


def _statements(command: Document) -> Iterator[Document]:
    """Yield the command as commands with one statement each, because no others are explained."""
    name = next(iter(command))
    if command.get("pipeline") and "$changeStream" in command["pipeline"][0]:
        # It reads the database's log, which has no plan.
        return
    kept = {
        key: value
        for key, value in command.items()
        if key not in _OF_THE_SESSION and not key.startswith("$")
    }
    field = _STATEMENTS.get(name)
    if field is None:
        yield kept
        return
    for statement in command[field]:
        yield kept | {field: [statement]}


def _harmful(plan: list[str], answer: Document) -> set[str]:
    """Return the scans and sorts of a plan."""
    found = {COLLECTION_SCAN, SORT_IN_MEMORY} & set(plan)
    rejected = answer.get("queryPlanner", {}).get("rejectedPlans", [])
    if found == {SORT_IN_MEMORY} and any(_is_in_order(other) for other in rejected):
        return {CHOSEN_SORT}
    return found


def _is_in_order(plan: Document) -> bool:
    return not {COLLECTION_SCAN, SORT_IN_MEMORY} & set(_stages(plan))


def _query(command: Document) -> Document:
    """Return what a command says about the documents that it reads."""
    hidden = {"update", "u", "new", "upsert", "cursor", "projection", "singleBatch"}
    fields = {key: value for key, value in command.items() if key not in hidden}
    for field in _STATEMENTS.values():
        if field in command:
            [statement] = command[field]
            fields[field] = [{key: statement[key] for key in statement if key not in hidden}]
    return fields


def _stages(part: Any) -> Iterator[str]:
    """Yield the stages of a plan, the last one first."""
    if isinstance(part, list):
        for item in part:
            yield from _stages(item)
    elif isinstance(part, Mapping):
        if isinstance(part.get("stage"), str):
            yield part["stage"]
        if "$sort" in part:
            yield SORT_IN_MEMORY
        for key, value in part.items():
            if key not in {"rejectedPlans", "parsedQuery"}:
                yield from _stages(value)


@asynccontextmanager
async def recorded(mongo_url: str) -> AsyncIterator[tuple[Database, Recorder]]:
    """Yield a database, and what records the commands that it receives."""
    recorder = Recorder()
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        mongo_url,
        tz_aware=True,
        w="majority",
        readConcernLevel="majority",
        event_listeners=[recorder],
    )
    async with client:
        yield client[DATABASE], recorder


@asynccontextmanager
async def committed(database: Database) -> AsyncIterator[AsyncClientSession]:
    """Yield a transaction that is committed in the end."""
    async with database.client.start_session() as session, await session.start_transaction():
        yield session


def name_of(method: Callable[..., Any]) -> str:
    """Return the name of a method with its class, or of a function with its module."""
    name = method.__qualname__
    return name if "." in name else f"{method.__module__.rpartition('.')[2]}.{name}"


def methods_of_repositories(package: str) -> set[str]:
    """Return the public coroutine methods and functions of the modules of a package.

    Static methods are migrations, which read whole collections on purpose.
    """
    return {name_of(method) for owner in _owners(package) for method in _coroutines(owner)}


def methods_of_stores(*packages: str) -> set[str]:
    """Return those of the classes and functions that receive a database."""
    return {
        name_of(method)
        for package in packages
        for owner in _owners(package)
        for method in _coroutines(owner)
        if _receives_database(owner.__init__ if inspect.isclass(owner) else method)
    }


def _owners(package: str) -> Iterator[type | ModuleType]:
    """Yield the modules of a package and their classes."""
    for info in iter_modules(import_module(package).__path__):
        module = import_module(f"{package}.{info.name}")
        yield module
        yield from (
            value
            for value in vars(module).values()
            if inspect.isclass(value) and value.__module__ == module.__name__
        )


def _coroutines(owner: type | ModuleType) -> Iterator[Callable[..., Any]]:
    module = owner.__name__ if inspect.ismodule(owner) else owner.__module__
    for name, value in vars(owner).items():
        is_imported = getattr(value, "__module__", module) != module
        if name.startswith("_") or is_imported or isinstance(value, staticmethod):
            continue
        # The decorator of a context manager hides that it is a coroutine.
        function = inspect.unwrap(value)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            yield function


def _receives_database(function: Callable[..., Any]) -> bool:
    return Database in getattr(function, "__annotations__", {}).values()
