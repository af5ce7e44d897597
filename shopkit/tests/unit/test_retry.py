import pytest

from shopkit.retry import retry_until_available


class Step:
    """Raises errors in order, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = 0

    async def __call__(self) -> str:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_runs_the_step_once_if_it_succeeds() -> None:
    step = Step()
    assert await retry_until_available("it", step, OSError) == "done"
    assert step.runs == 1


async def test_repeats_the_step_while_its_dependency_is_unavailable() -> None:
    step = Step(OSError("unavailable"), OSError("unavailable"))
    assert await retry_until_available("it", step, OSError, pause_seconds=0) == "done"
    assert step.runs == 3


async def test_raises_the_last_error_after_the_timeout() -> None:
    step = Step(OSError("first"), OSError("second"))
    with pytest.raises(OSError, match="first"):
        await retry_until_available("it", step, OSError, timeout_seconds=-1)
    assert step.runs == 1


async def test_raises_other_errors_at_once() -> None:
    step = Step(ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        await retry_until_available("it", step, OSError)
    assert step.runs == 1
