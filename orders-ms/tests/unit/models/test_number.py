import re

import pytest

from orders.models.number import new_number, normalize_number


def test_numbers_have_eight_characters_of_crockfords_base32_and_differ() -> None:
    numbers = [new_number() for _ in range(2_000)]

    assert len(set(numbers)) == 2_000
    assert set("".join(numbers)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert all(re.fullmatch(r"\w{8}", number) for number in numbers)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("7k3q9zdm", "7K3Q9ZDM"), ("iLo0-1 ab2", "11001AB2"), (" 7K3Q 9ZDM", "7K3Q9ZDM")],
)
def test_a_number_is_understood_as_people_type_it(typed: str, number: str) -> None:
    assert normalize_number(typed) == number
