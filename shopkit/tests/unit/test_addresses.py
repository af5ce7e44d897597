from dataclasses import replace

import pytest

from shopkit.addresses import Address, AddressRefusedError

BERLIN = Address(
    name="Ann",
    company="",
    lines=("Unter den Linden 1",),
    postcode="10117",
    city="Berlin",
    region="",
    country="DE",
    phone="",
)


def test_an_address_is_written_as_in_its_country() -> None:
    dublin = replace(BERLIN, postcode="d02 af30", city="Dublin", country="IE").normalized()
    california = replace(
        BERLIN, postcode="94043", city="Mountain View", region="california", country="US"
    ).normalized()
    london = replace(BERLIN, postcode="sw1a 1aa", city="London", country="GB").normalized()

    assert dublin.postcode == "D02 AF30"
    assert (california.region, california.city) == ("CA", "Mountain View")
    assert (london.postcode, london.city) == ("SW1A 1AA", "London")
    assert BERLIN.normalized() == BERLIN


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"postcode": "1011"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"city": ""}, "city"),
        ({"country": "US", "postcode": "94043", "region": "Bavaria"}, "region"),
        ({"country": "US", "postcode": "94043"}, "region"),
        ({"country": "US", "postcode": "10001", "region": "CA"}, "postcode"),
        ({"country": "XX"}, "country"),
        ({"country": "ZZ"}, "country"),
    ],
)
def test_an_impossible_address_is_refused_with_the_field(
    changes: dict[str, str], field: str
) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        replace(BERLIN, **changes).normalized()

    assert [name for name, _ in refused.value.field_errors()] == [field]


def test_fields_that_the_country_does_not_use_are_empty() -> None:
    hong_kong = replace(BERLIN, country="HK", region="Kowloon", city="Kowloon City").normalized()

    assert hong_kong.postcode == ""
