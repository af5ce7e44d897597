import pytest

from stack.programs import all_programs, select
from stack.progress import Progress
from stack.settings import Mode, Settings
from stack.startup import Startup
from stack.state import State


def needs(settings: Settings, *only: str) -> dict[str, tuple[str, ...]]:
    startup = Startup(settings, State(settings.state), Progress(quiet=True))
    chosen = select(all_programs(settings), only)
    return {step.name: step.needs for step in startup.steps(chosen)}


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else runs on this machine."""
    monkeypatch.setattr(Startup, "is_ready", lambda *_: False)


class TestSteps:
    def test_each_comes_after_what_it_needs(self, settings: Settings) -> None:
        found = needs(settings)

        assert found["orders"] == ("orders migrate and seed", "topics")
        assert found["orders migrate and seed"] == ("orders-db",)
        assert found["topics"] == ("kafka",)
        assert found["gateway"] == ()
        names = list(found)
        for name, before in found.items():
            assert all(names.index(need) < names.index(name) for need in before)

    def test_servers_alone_prepare_no_service(self, settings: Settings) -> None:
        found = needs(settings, "databases", "kafka")

        assert list(found) == ["authentication-db", "products-db", "orders-db", "kafka"]

    def test_production_loads_no_example_data(self, state: State) -> None:
        found = needs(Settings(state=state.folder, mode=Mode.PRODUCTION))

        assert "orders migrate" in found
        assert not [name for name in found if "seed" in name]
