import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkit.names import known_name, name_key, new_name, shown_name

PRINTABLE = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Cf", "Zl", "Zp"))
NAMES = st.text(PRINTABLE, max_size=20)


class TestNameKey:
    @pytest.mark.parametrize(
        "names",
        [
            ("T\u0308est", "t\u0308est", "\u1e97est", "\u1e97EST"),
            ("straße", "STRASSE", "STRAẞE", "strasse"),
            ("οδοσ", "οδος", "ΟΔΟΣ"),
            ("Ångström", "A\u030angstro\u0308m", "\u212bngström"),
            ("\ufb01sh", "FISH", "\uff46ish", "\u2131ish"),
            ("\u1e9b\u0323", "\u017f\u0323\u0307", "\u1e69"),
            ("a b", "a  b", " a\u00a0b ", "a\u3000b", "a\u2009b"),
            ("spoon", "sp\u034foon", "sp\u2060oon", "spoon\ufe0f", "\u3164spoon"),
            ("가", "\u1100\u1161"),
            ("\u1fb3", "\u03b1\u0345", "\u0391\u0399", "\u03b1\u03b9"),
            ("\u1c89", "\u1c8a"),
            ("\ua7dc", "\u019b"),
            ("\U00010d50", "\U00010d70"),
        ],
    )
    def test_is_the_same_for_all_spellings_of_a_name(self, names: tuple[str, ...]) -> None:
        assert len({name_key(name) for name in names}) == 1

    @pytest.mark.parametrize(
        ("one", "other"), [("a", "ä"), ("ab", "a b"), ("o", "ø"), ("1", "2"), ("🫨", "🎁")]
    )
    def test_differs_between_names_that_look_different(self, one: str, other: str) -> None:
        assert name_key(one) != name_key(other)

    @given(NAMES)
    def test_is_the_key_of_the_shown_name_and_of_all_normal_forms(self, name: str) -> None:
        key = name_key(name)
        assert name_key(key) == key
        assert name_key(shown_name(name)) == key
        assert name_key(name.casefold()) == key
        assert {name_key(unicodedata.normalize(form, name)) for form in ("NFC", "NFD")} == {key}


class TestShownName:
    @given(NAMES)
    def test_is_composed_and_stable(self, name: str) -> None:
        shown = shown_name(name)
        assert shown == unicodedata.normalize("NFC", shown)
        assert shown_name(shown) == shown


class TestNewName:
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("  Spoon\t", "spoon"),
            ("T\u0308est", "\u1e97est"),
            ("a\u00a0 b", "a b"),
            ("🫨 1", "🫨 1"),
            ("a ❤\ufe0f", "a ❤\ufe0f"),
            ("№ 5", "№ 5"),
            ("7", "7"),
            ("x" * 120, "x" * 120),
            ("x" + "🎁" * 119, "x" + "🎁" * 119),
            ("½", "½"),
            ("字", "字"),
            ("a\u0323\u0302" * 120, "\u1ead" * 120),
        ],
    )
    def test_returns_the_name_as_it_is_shown(self, name: str, shown: str) -> None:
        assert new_name(name) == shown

    @pytest.mark.parametrize(
        "name",
        [
            *("", " ", "x" * 121, "a\u0323\u0302" * 121, "x" * 10**6),
            *("a/b", "a\nb", "a\x00", "a\u200bb", "a\u2028b", "\ue000"),
            *("\u0378", "\U000e0041"),
            *(".", "..", "---", "\u0301", " \u0301", "\u20dd", "\ufe0f", "\u034f"),
            *("\u3164", "\u115f\u1160", "\uffa0", "\u2800", "\U0001d159", "\U00013441", "\u17b4"),
            *("🫨", "🎁" * 60, "❤\ufe0f", "€", "+", "\u00b4"),
            *("\u2800\u0301", "\u3164.", "\u3000"),
        ],
    )
    def test_refuses_a_name_that_does_not_show(self, name: str) -> None:
        with pytest.raises(ValueError, match="must"):
            new_name(name)


class TestKnownName:
    def test_accepts_names_that_were_allowed_before(self) -> None:
        assert known_name(" .. ") == ".."

    @pytest.mark.parametrize("name", ["", "a/b", "a\x00b", "x" * 121])
    def test_refuses_what_no_name_can_be(self, name: str) -> None:
        with pytest.raises(ValueError, match="must"):
            known_name(name)
