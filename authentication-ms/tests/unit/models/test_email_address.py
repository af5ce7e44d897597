import pytest
from authentication.models.emails import normalise


class TestNormalise:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("aaa@aaa.com", "aaa@aaa.com"),
            ("  Ann@Shop.COM ", "ann@shop.com"),
            ("ann@xn--bcher-kva.de", "ann@bücher.de"),
            ("ann@BÜCHER.de", "ann@bücher.de"),
            ("re\u0301ne@shop.com", "r\u00e9ne@shop.com"),
            (" Not an e-mail ", "not an e-mail"),
            ("", ""),
        ],
    )
    def test_Given_Spelling_When_Normalised_Then_ThereIsOne(self, typed: str, kept: str) -> None:
        assert normalise(typed) == kept
        assert normalise(kept) == kept
