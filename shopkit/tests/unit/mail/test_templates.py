from pathlib import Path

import pytest
from jinja2 import DictLoader, PackageLoader, TemplateError, UndefinedError

from shopkit.mail import templates as module
from shopkit.mail.previews import write_previews
from shopkit.mail.templates import Templates, format_money

GREETING = """{% extends layout %}
{% block subject %}Hello {{ name }}{% endblock %}
{% block content %}
{{ part.paragraph("Dear " ~ name) }}
{% if lines %}{{ part.lines(lines, 300) }}{% endif %}
{{ part.button("Open", link) }}
{% endblock %}
"""
LINES = [
    {"name": "<b>Cup</b>", "quantity": 2, "price_cents": 100, "reason": "None left."},
    {"name": "Bowl", "quantity": 1, "price_cents": 100, "reason": None},
]
DATA = {"name": "<Ann>", "link": "https://shop.example/a?b=1&c=2", "lines": LINES}


@pytest.fixture
def greetings(monkeypatch: pytest.MonkeyPatch) -> Templates:
    """Templates of a service with one template."""
    load = PackageLoader

    def loader(package: str, folder: str = "templates") -> object:
        if package == "a service":
            return DictLoader({"greeting.jinja": GREETING})
        return load(package, folder)

    monkeypatch.setattr(module, "PackageLoader", loader)
    return Templates("a service", shop_address="https://shop.example", currency="EUR")


class TestTemplates:
    def test_lists_the_templates_of_the_service(self, greetings: Templates) -> None:
        assert greetings.names == ["greeting"]

    def test_writes_a_complete_text(self, greetings: Templates) -> None:
        assert greetings.render("greeting", DATA).text == (
            "Dear <Ann>\n"
            "\n"
            "- 2 x <b>Cup</b>: 2.00 EUR\n"
            "  None left.\n"
            "- 1 x Bowl: 1.00 EUR\n"
            "Total: 3.00 EUR\n"
            "\n"
            "Open:\n"
            "https://shop.example/a?b=1&c=2\n"
            "\n"
            "--\n"
            "Kiosk\n"
            "https://shop.example\n"
        )

    def test_escapes_values_in_html_only(self, greetings: Templates) -> None:
        rendered = greetings.render("greeting", DATA)

        assert rendered.subject == "Hello <Ann>"
        assert "<title>Hello &lt;Ann&gt;</title>" in rendered.html
        assert "Dear &lt;Ann&gt;</p>" in rendered.html
        line = "2 \N{MULTIPLICATION SIGN} &lt;b&gt;Cup&lt;/b&gt;"
        assert f"{line}<br><strong>None left.</strong>" in rendered.html
        assert rendered.html.count('href="https://shop.example/a?b=1&amp;c=2"') == 2

    def test_loads_nothing_from_elsewhere(self, greetings: Templates) -> None:
        page = greetings.render("greeting", DATA).html

        assert "<img" not in page
        assert "url(" not in page
        assert "<script" not in page
        assert "prefers-color-scheme: dark" in page

    def test_refuses_a_missing_value(self, greetings: Templates) -> None:
        with pytest.raises(UndefinedError, match="'link' is undefined"):
            greetings.render("greeting", {"name": "Ann", "lines": []})

    def test_refuses_an_unknown_template(self, greetings: Templates) -> None:
        with pytest.raises(TemplateError):
            greetings.render("farewell", {})


def test_previews_are_written_for_each_template(greetings: Templates, tmp_path: Path) -> None:
    write_previews("a service", {"greeting": DATA}, tmp_path / "new")

    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["greeting.html", "greeting.txt"]
    text = (tmp_path / "new" / "greeting.txt").read_text(encoding="utf-8")
    assert text.startswith("Subject: Hello <Ann>\n\nDear <Ann>\n")


def test_money_has_separators_and_a_currency() -> None:
    assert [format_money(cents, "EUR") for cents in (5, 123_450, 100_000_000)] == [
        "0.05 EUR",
        "1,234.50 EUR",
        "1,000,000.00 EUR",
    ]
