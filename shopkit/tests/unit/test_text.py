import pytest
from pydantic import TypeAdapter, ValidationError

from shopkit.text import Text, require_encodable


class TestEncodable:
    @pytest.mark.parametrize("text", ["", "spoon", "Größe", "😀", "\x00"])
    def test_gives_back_what_can_be_encoded(self, text: str) -> None:
        assert require_encodable(text) == text

    @pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
    def test_refuses_half_a_character(self, text: str) -> None:
        with pytest.raises(ValueError, match="half a surrogate pair is no character"):
            require_encodable(text)

    def test_a_field_refuses_it_too(self) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Text).validate_python("\ud83d")
