import pytest

from shopkit.retry import retry_until_available


class Step:
    """Fails some times before it gives something."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.taken = 0

    async def __call__(self) -> str:
        self.taken += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_a_step_is_taken_once_where_nothing_is_away() -> None:
    step = Step()
    assert await retry_until_available("it", step, OSError) == "done"
    assert step.taken == 1


async def test_it_is_taken_again_while_what_it_needs_is_away() -> None:
    step = Step(OSError("away"), OSError("away"))
    assert await retry_until_available("it", step, OSError, pause=0) == "done"
    assert step.taken == 3


async def test_the_last_error_counts_when_patience_ends() -> None:
    step = Step(OSError("first"), OSError("second"))
    with pytest.raises(OSError, match="first"):
        await retry_until_available("it", step, OSError, seconds=-1)
    assert step.taken == 1


async def test_another_error_is_no_reason_to_wait() -> None:
    step = Step(ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        await retry_until_available("it", step, OSError)
    assert step.taken == 1
