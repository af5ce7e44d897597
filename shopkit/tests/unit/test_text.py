import pytest
from pydantic import TypeAdapter, ValidationError

from shopkit.text import Text, normalize_filter, require_encodable


class TestRequireEncodable:
    @pytest.mark.parametrize("text", ["", "spoon", "Größe", "😀", "\x00"])
    def test_returns_text_that_can_be_encoded(self, text: str) -> None:
        assert require_encodable(text) == text

    @pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
    def test_refuses_half_of_a_surrogate_pair(self, text: str) -> None:
        with pytest.raises(ValueError, match="contains an invalid Unicode character"):
            require_encodable(text)

    def test_fields_refuse_it_as_well(self) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Text).validate_python("\ud83d")


class TestNormalizeFilter:
    @pytest.mark.parametrize(
        ("text", "normalized"),
        [
            ("ann@shop.com", "ann@shop.com"),
            (" Ann@Shop.COM\t", "ann@shop.com"),
            ("\u00a0A\u0308nn@shop.com\u3000", "\u00e4nn@shop.com"),
            ("\u00c4nn@shop.com", "\u00e4nn@shop.com"),
            ("", None),
            (" ", None),
        ],
    )
    def test_trims_lowers_and_composes(self, text: str, normalized: str | None) -> None:
        assert normalize_filter(text) == normalized

    @pytest.mark.parametrize(
        ("text", "normalized"),
        [
            ("Müller@XN--exmple-cua.com", "müller@exämple.com"),
            ("xn--exmple-cua", "exämple"),
            ("@xn--exmple-cua.co", "@exämple.co"),
            ("a.xn--zzzzzzzzzzz9999999.com", "a.xn--zzzzzzzzzzz9999999.com"),
            ("xn--", "xn--"),
            ("no xn--exmple-cua", "no xn--exmple-cua"),
        ],
    )
    def test_decodes_the_labels_of_domains(self, text: str, normalized: str) -> None:
        assert normalize_filter(text) == normalized
