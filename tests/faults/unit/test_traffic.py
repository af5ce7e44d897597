import pytest
from tests.faults.client import Client
from tests.faults.history import History
from tests.faults.targets import check_targets
from tests.faults.traffic import Traffic


def draws(seed: int, person: str, step: int) -> float:
    traffic = Traffic(Client("http://shop", History()), ["a", "b", "c"], seed, History())
    return traffic.source(person, step).random()


def test_a_seed_repeats_the_decisions_of_each_step() -> None:
    assert draws(1, "admin", 3) == draws(1, "admin", 3)


@pytest.mark.parametrize(
    ("seed", "person", "step"), [(2, "admin", 3), (1, "crowd", 3), (1, "admin", 4)]
)
def test_each_person_and_step_draws_on_its_own(seed: int, person: str, step: int) -> None:
    assert draws(seed, person, step) != draws(1, "admin", 3)


def test_everything_that_is_patched_exists() -> None:
    check_targets()
