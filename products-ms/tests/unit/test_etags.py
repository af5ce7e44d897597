import pytest

from products.etags import matches, seen_versions


class TestMatches:
    @pytest.mark.parametrize("header", ['"3.4"', 'W/"3.4"', '"1.1", "3.4"', "*", ' "3.4" '])
    def test_is_true_if_the_client_has_the_tag(self, header: str) -> None:
        assert matches(header, '"3.4"')

    @pytest.mark.parametrize("header", [None, "", '"3.5"', '"4.4"', "3.4", '"3.4', '"3.4.1"'])
    def test_is_false_if_the_client_has_another_tag(self, header: str | None) -> None:
        assert not matches(header, '"3.4"')


class TestSeenVersions:
    @pytest.mark.parametrize(
        ("header", "versions"),
        [
            ('"3.4"', [(3, 0)]),
            ('W/"3.9"', [(3, 0)]),
            ('"3.4.2"', [(3, 2)]),
            ('"1.1", "3.4"', [(1, 0), (3, 0)]),
            ('"3.4.2.1"', []),
            ('"3.4.x"', []),
            ('"3"', [(3, 0)]),
            ('"x.y"', []),
            ('"-1.4"', []),
            ('"².4"', []),
            ("nonsense", []),
            ('""', []),
        ],
    )
    def test_returns_the_versions_of_the_tags(
        self, header: str, versions: list[tuple[int, int]]
    ) -> None:
        assert seen_versions(header) == versions

    @pytest.mark.parametrize("header", [None, "", " ", "*", " * "])
    def test_returns_none_if_the_client_does_not_say(self, header: str | None) -> None:
        assert seen_versions(header) is None

    def test_ignores_numbers_that_are_too_long(self) -> None:
        assert seen_versions(f'"{"9" * 5_000}.1"') == []
