"""Sentences for what pydantic finds wrong with a value."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

_SENTENCES = {
    "missing": "This value is required.",
    "string_pattern_mismatch": "This value has the wrong format.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "dict_type": "Must be an object.",
    "json_invalid": "This is not valid JSON.",
}
_SUBJECT = re.compile(
    r"^(Value error, |value is not a valid email address: |(\w+|Decimal input) should )"
)
_ASIDE = re.compile(r"( after validation)?, (unable|got|not|input is) .*", re.DOTALL)


def field_path(location: Iterable[int | str]) -> str:
    """Return the path of a field, such as `lines.1.quantity`."""
    return ".".join(str(part) for part in location)


def explain(error: Any) -> str:
    """Return the sentence for one of the errors that pydantic's `errors()` returns."""
    if sentence := _SENTENCES.get(error["type"]):
        return sentence
    message: str = error["msg"]
    subject = _SUBJECT.match(message)
    text = message[subject.end() :] if subject else message
    if subject and subject.group(2):
        text = "must " + _ASIDE.sub("", text)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def explain_all(errors: Sequence[Any]) -> str:
    """Return the sentences for several errors, each after the path of its field."""
    pairs = [(field_path(error["loc"]), explain(error)) for error in errors]
    return " ".join(f"{path}: {sentence}" if path else sentence for path, sentence in pairs)
