"""The terms by which a product is found: folded words and their beginnings."""

from collections.abc import Iterable

import regex
import unicodedata2 as unicodedata
from anyascii import anyascii

_WORD = regex.compile(r"\w+")
"""Unlike in `re`, combining marks such as the vowel signs of Devanagari are part of a word."""

_UNSPACED = r"[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Line_Break=Complex_Context}\p{M}]"
_PART = regex.compile(rf"(?P<unspaced>{_UNSPACED}+)|(?:(?!{_UNSPACED}).\p{{M}}*)+")
"""A part of a word: of a script without spaces between words, such as Thai, or of another."""

_CHARACTER = regex.compile(r"\X")

_ACCENT_CLASSES = {1, *range(10, 37), *range(200, 256)}
"""The combining classes of strokes, of the vowel points of Hebrew and Arabic, and of accents.

Other marks, such as the virama of Indic scripts and the tones of Thai, distinguish words.
"""


def fold(text: str) -> str:
    """Return a text without differences in case and accents, and with Latin letters in ASCII."""
    # Twice, because a letter such as the bold A of mathematics has no lower case.
    lowered = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", lowered)
    kept = "".join(_fold_character(char) for char in decomposed if not _is_ignored(char))
    folded: str = unicodedata.normalize("NFC", kept)
    return folded


def words(text: str) -> list[str]:
    """Return the words to search for, folded and in order.

    A text of a script without spaces counts as its pairs of adjacent characters.
    """
    return [pair for pairs in _pairs(text) for pair in pairs[:-1] or pairs]


def name_terms(name: str) -> list[str]:
    """Return the terms that find a product by its name."""
    return sorted(_prefixes([name]))


def search_terms(name: str, description: str, categories: Iterable[str]) -> list[str]:
    """Return the terms that find a product: prefixes of names, and words of the description."""
    return sorted(_prefixes([name, *categories]) | set(words(description)))


def _prefixes(texts: Iterable[str]) -> set[str]:
    distinct = {word for text in texts for pairs in _pairs(text) for word in pairs}
    return {word[:length] for word in distinct for length in range(1, len(word) + 1)}


def _pairs(text: str) -> Iterable[list[str]]:
    """Yield each word, as a list of one. A word without spaces is a list of pairs of characters.

    The last pair is the last character alone, so that every character begins a pair.
    """
    for word in _WORD.findall(fold(text)):
        for part in _PART.finditer(word):
            if part["unspaced"]:
                characters = _CHARACTER.findall(part[0])
                yield ["".join(characters[start : start + 2]) for start in range(len(characters))]
            else:
                yield [part[0]]


def _is_ignored(char: str) -> bool:
    # Invisible characters, such as the soft hyphen, do not separate words.
    return unicodedata.combining(char) in _ACCENT_CLASSES or unicodedata.category(char) == "Cf"


def _fold_character(char: str) -> str:
    # Letters such as ø and ł do not decompose. Other scripts are kept: a transliteration of Chinese
    # would find words that only sound alike.
    if char.isascii() or not unicodedata.name(char, "").startswith("LATIN "):
        return char
    letters = "".join(letter for letter in anyascii(char) if letter.isalnum())
    return letters.casefold() or char
