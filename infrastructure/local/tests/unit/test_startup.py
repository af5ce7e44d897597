import pytest

from stack.programs import all_programs, select
from stack.progress import Progress
from stack.settings import Mode, Settings
from stack.startup import Startup
from stack.state import State


def needs_by_step(settings: Settings, *only: str) -> dict[str, tuple[str, ...]]:
    startup = Startup(settings, State(settings.state), Progress(quiet=True))
    programs = select(all_programs(settings), only)
    return {step.name: step.needs for step in startup.steps(programs)}


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore other programs on this machine."""
    monkeypatch.setattr(Startup, "is_ready", lambda *_: False)


class TestSteps:
    def test_puts_each_step_after_those_that_it_needs(self, settings: Settings) -> None:
        steps = needs_by_step(settings)

        assert steps["orders"] == ("orders migrate and seed", "topics")
        assert steps["orders migrate and seed"] == ("orders-db",)
        assert steps["topics"] == ("kafka",)
        assert steps["gateway"] == ()
        names = list(steps)
        for name, needs in steps.items():
            assert all(names.index(need) < names.index(name) for need in needs)

    def test_prepares_no_service_for_servers_only(self, settings: Settings) -> None:
        steps = needs_by_step(settings, "databases", "kafka")

        assert list(steps) == ["authentication-db", "products-db", "orders-db", "kafka"]

    def test_loads_no_demo_data_in_production(self, state: State) -> None:
        steps = needs_by_step(Settings(state=state.folder, mode=Mode.PRODUCTION))

        assert "orders migrate" in steps
        assert not [name for name in steps if "seed" in name]
