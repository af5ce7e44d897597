import pytest

from shopkit.identity import (
    Identity,
    account_of,
    correct_misread,
    is_account_id,
    misread,
    name_of,
)

ANN = Identity(account_id="5" * 24, email="ann@shop.com")


class TestActor:
    def test_is_a_caller_or_a_command(self) -> None:
        assert (name_of(ANN), account_of(ANN)) == ("ann@shop.com", "5" * 24)
        assert (name_of("command line"), account_of("command line")) == ("command line", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0123456789abcdef01234567", True), ("A" * 24, False), ("a" * 23, False), ("a@b.com", False)],
)
def test_an_account_id_has_24_hex_digits(text: str, expected: bool) -> None:
    assert is_account_id(text) is expected


class TestMisread:
    @pytest.mark.parametrize(
        ("email", "stored"),
        [
            ("ann@shop.com", "ann@shop.com"),
            ("müller@exämple.com", "mÃ¼ller@exÃ¤mple.com"),
            ("😀@例え.テスト", "😀@例え.テスト".encode().decode("latin-1")),
        ],
    )
    def test_is_what_earlier_releases_stored(self, email: str, stored: str) -> None:
        assert misread(email) == stored
        assert correct_misread(stored) == email

    def test_does_not_confuse_an_address_that_looks_like_a_misread_one(self) -> None:
        assert misread("mÃ¼ller@exÃ¤mple.com") != misread("müller@exämple.com")

    @pytest.mark.parametrize("text", ["müller@exämple.com", "例え"])
    def test_keeps_what_no_release_has_stored(self, text: str) -> None:
        assert correct_misread(text) == text
