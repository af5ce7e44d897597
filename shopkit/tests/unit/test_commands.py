import sys
from collections.abc import Callable
from typing import Any

import pytest

from shopkit import commands
from shopkit.settings import Environment, MongoSettings, Settings
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import Database

SETTINGS = Settings(environment=Environment.DEVELOPMENT, port=1)
STRICT = Settings(environment=Environment.PRODUCTION, port=1)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "configure_logging", lambda *_, **__: None)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the commands `one`, `two` and `fail` of this test have done."""
    done: list[Any] = []

    async def two(settings: Settings) -> None:
        done.append(("two", settings))

    places: dict[str, Callable[..., Any]] = {
        "m:one": lambda settings: done.append(("one", settings)),
        "m:two": two,
        "m:fail": lambda _settings: 3,
    }
    monkeypatch.setattr(commands, "look_up", places.__getitem__)
    return done


def run(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(sys, "argv", ["orders", *names])
    commands.run("orders-ms", SETTINGS, {"one": "m:one", "two": "m:two", "fail": "m:fail"})


class TestRun:
    def test_runs_what_is_named_one_after_the_other(
        self, done: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(monkeypatch, "two", "one")
        assert done == [("two", SETTINGS), ("one", SETTINGS)]

    def test_ends_with_the_code_of_the_first_that_fails(
        self, done: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            run(monkeypatch, "one", "fail", "two")
        assert ended.value.code == 3
        assert done == [("one", SETTINGS)]

    @pytest.mark.parametrize("names", [[], ["three"]])
    def test_refuses_what_it_does_not_know(
        self,
        done: list[Any],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        names: list[str],
    ) -> None:
        with pytest.raises(SystemExit):
            run(monkeypatch, *names)
        assert done == []
        assert "usage: orders-ms" in capsys.readouterr().err


class TestLookUp:
    def test_finds_a_function_at_its_place(self) -> None:
        assert commands.look_up("shopkit.commands:look_up") is commands.look_up


class TestMigrate:
    async def test_says_what_it_has_migrated(
        self,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        class Connected:
            async def __aenter__(self) -> dict[str, Database]:
                return {"shop": database}

            async def __aexit__(self, *_: object) -> None:
                """Nothing has to be given back."""

        async def nothing(_database: Database) -> None:
            """Change nothing."""

        asked: list[object] = []

        async def takes_writes(client: object) -> None:
            assert "migrations" not in await database.list_collection_names() or asked
            asked.append(client)

        monkeypatch.setattr(commands, "connect", lambda *_: Connected())
        monkeypatch.setattr(commands, "check_writable_primary", takes_writes)
        settings = MongoSettings(
            environment=Environment.DEVELOPMENT, port=1, mongo_url="mongodb://127.0.0.1:1"
        )
        steps = [Migration("0001-one", nothing), Migration("0002-two", nothing)]
        # When
        await commands.migrate("orders-ms", settings, steps)
        await commands.migrate("orders-ms", settings, steps)
        # Then
        assert capsys.readouterr().out.endswith(
            "orders-ms: 0001-one, 0002-two migrated\norders-ms: nothing migrated\n"
        )
        assert len(asked) == 2


class TestRefuseSeedInProduction:
    @pytest.mark.parametrize(("settings", "seed"), [(SETTINGS, ""), (STRICT, "demo")])
    def test_lets_development_and_a_demonstration_by(self, settings: Settings, seed: str) -> None:
        commands.refuse_seed_in_production(settings, seed)

    @pytest.mark.parametrize("seed", ["", "DEMO", "yes"])
    def test_refuses_anything_else(self, seed: str) -> None:
        with pytest.raises(SystemExit, match="SEED=demo"):
            commands.refuse_seed_in_production(STRICT, seed)
