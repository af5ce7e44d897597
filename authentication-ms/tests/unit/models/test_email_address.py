import pytest

from authentication.models.email_address import normalize


class TestNormalize:
    @pytest.mark.parametrize(
        ("text", "normal_form"),
        [
            ("aaa@aaa.com", "aaa@aaa.com"),
            ("  Ann@Shop.COM ", "ann@shop.com"),
            ("ann@xn--bcher-kva.de", "ann@bücher.de"),
            ("ann@BÜCHER.de", "ann@bücher.de"),
            ("re\u0301ne@shop.com", "r\u00e9ne@shop.com"),
            (" Not an email ", "not an email"),
            ("", ""),
        ],
    )
    def test_returns_the_normal_form(self, text: str, normal_form: str) -> None:
        assert normalize(text) == normal_form
        assert normalize(normal_form) == normal_form
