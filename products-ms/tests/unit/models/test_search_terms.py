# ruff: noqa: RUF001 - the letters of other scripts are what these tests are about.
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.models.search_terms import fold, name_terms, search_terms, words


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Café", "cafe"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("Ångström", "angstrom"),
            ("Łódź", "lodz"),
            ("Smørrebrød", "smorrebrod"),
            ("Đà Nẵng", "da nang"),
            ("halısı", "halisi"),
            ("HALISI", "halisi"),
            ("İstanbul", "istanbul"),
            ("Þórður Æsir cœur", "thordur aesir coeur"),
            ("Ɓəŋ", "beng"),
            ("Ёлка", "елка"),
            ("Ελλάς", "ελλασ"),
            ("ﬁn", "fin"),
            ("\U0001d400℡", "atel"),
            ("co\u00adop", "coop"),
        ],
    )
    def test_ignores_case_and_accents(self, text: str, folded: str) -> None:
        assert fold(text) == folded

    @pytest.mark.parametrize("text", ["हिन्दी", "தமிழ்", "ข้าว", "が", "한국어", "茶"])
    def test_keeps_marks_and_letters_that_distinguish_words(self, text: str) -> None:
        assert fold(text) == text

    @given(st.text(max_size=20))
    def test_does_not_depend_on_the_normal_form(self, text: str) -> None:
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Noise-cancelling, 40 mm!", ["noise", "cancelling", "40", "mm"]),
            ("l'eau de node.js", ["l", "eau", "de", "node", "js"]),
            ("हिन्दी किताब", ["हिन्दी", "किताब"]),
            ("தமிழ் நூல்", ["தமிழ்", "நூல்"]),
            ("বাংলা বই", ["বাংলা", "বই"]),
            ("שָׁלוֹם", ["שלום"]),
            ("مُحَمَّد", ["محمد"]),
            ("می\u200cخواهم", ["میخواهم"]),
            ("👍 ⚡", []),
        ],
    )
    def test_are_separated_by_spaces_and_punctuation(self, text: str, expected: list[str]) -> None:
        assert words(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("茶", ["茶"]),
            ("键盘", ["键盘"]),
            ("机械键盘", ["机械", "械键", "键盘"]),
            ("ข้าว", ["ข้า", "าว"]),
            ("USBケーブル", ["usb", "ケー", "ーブ", "ブル"]),
        ],
    )
    def test_of_a_script_without_spaces_are_pairs(self, text: str, expected: list[str]) -> None:
        assert words(text) == expected


class TestTerms:
    def test_names_are_found_by_prefixes_of_their_words(self) -> None:
        assert name_terms("tea pot") == ["p", "po", "pot", "t", "te", "tea"]

    @pytest.mark.parametrize("text", ["机", "盘", "键盘", "机械键盘"])
    def test_names_without_spaces_are_found_by_any_part(self, text: str) -> None:
        assert set(words(text)) <= set(name_terms("机械键盘"))

    @pytest.mark.parametrize(
        ("text", "name"), [("盘键", "键盘"), ("हिन्दी", "हद नई"), ("ขาว", "ข้าว")]
    )
    def test_a_word_does_not_find_names_with_only_the_same_characters(
        self, text: str, name: str
    ) -> None:
        assert not set(words(text)) <= set(name_terms(name))

    def test_descriptions_are_found_by_whole_words(self) -> None:
        assert search_terms("pan", "of iron", ["cook"]) == sorted(
            ["p", "pa", "pan", "of", "iron", "c", "co", "coo", "cook"]
        )

    @given(st.text(max_size=20))
    def test_every_name_is_found_by_itself(self, name: str) -> None:
        assert set(words(name)) <= set(name_terms(name))
