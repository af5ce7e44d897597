import pytest
import typer

from shopkit import commands
from shopkit.commands import CommandError, UnusableError
from shopkit.settings import Environment, MongoSettings, Settings

DEVELOPMENT = Settings(environment=Environment.DEVELOPMENT, port=1)
PRODUCTION = Settings(environment=Environment.PRODUCTION, port=1)


@pytest.fixture
def runs() -> list[str]:
    """What the commands have done, in order."""
    return []


@pytest.fixture
def app(runs: list[str]) -> typer.Typer:
    app = commands.create("orders-ms")

    @app.command()
    def count(number: int) -> None:
        """Count."""
        runs.append(str(number))

    @app.command()
    def fail() -> None:
        """Fail."""
        raise CommandError("It cannot be done.")

    @app.command()
    def refuse() -> None:
        """Refuse the settings."""
        raise UnusableError("The settings are invalid.")

    return app


@pytest.fixture(autouse=True)
def _no_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "configure_logging", lambda *_, **__: None)


def run(app: typer.Typer, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["orders", *arguments])
    with pytest.raises(SystemExit) as exit_:
        commands.run(app)
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


class TestRun:
    def test_runs_several_commands_in_order(
        self, app: typer.Typer, runs: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run(app, monkeypatch, "count", "2", "count", "1") == 0
        assert runs == ["2", "1"]

    @pytest.mark.parametrize(
        ("command", "code", "message"),
        [
            ("fail", 1, "It cannot be done.\n"),
            ("refuse", 2, "The settings are invalid.\n"),
        ],
    )
    def test_stops_at_the_first_command_that_fails(
        self,
        app: typer.Typer,
        runs: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        command: str,
        code: int,
        message: str,
    ) -> None:
        assert run(app, monkeypatch, "count", "1", command, "count", "2") == code
        assert runs == ["1"]
        assert capsys.readouterr().err == message

    @pytest.mark.parametrize(
        "arguments", [[], ["unknown"], ["--unknown"], ["count", "one"], ["count"]]
    )
    def test_refuses_unknown_commands_and_invalid_arguments(
        self,
        app: typer.Typer,
        runs: list[str],
        monkeypatch: pytest.MonkeyPatch,
        arguments: list[str],
    ) -> None:
        assert run(app, monkeypatch, *arguments) == 2
        assert runs == []


class TestLoadSettings:
    def test_names_invalid_settings_without_their_values(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setenv("MONGO_URL", "mongodb://secret-host/shop")
        monkeypatch.setenv("PORT", "high")
        # When
        with pytest.raises(UnusableError) as raised:
            commands.load_settings("orders-ms", MongoSettings)
        # Then
        assert str(raised.value).startswith("The settings are invalid:\nport: ")
        assert "high" not in str(raised.value)
        assert "secret" not in str(raised.value)


class TestRefuseDemoDataInProduction:
    @pytest.mark.parametrize(("settings", "seed"), [(DEVELOPMENT, ""), (PRODUCTION, "demo")])
    def test_allows_it_in_development_and_if_it_is_requested(
        self, settings: Settings, seed: str
    ) -> None:
        commands.refuse_demo_data_in_production(settings, seed)

    @pytest.mark.parametrize("seed", ["", "DEMO", "yes"])
    def test_refuses_it_otherwise(self, seed: str) -> None:
        with pytest.raises(CommandError, match="SEED=demo"):
            commands.refuse_demo_data_in_production(PRODUCTION, seed)
