import pytest

from authentication.models.mail_link import LIFETIMES, PAGES, LinkKind
from authentication.models.mails import SAMPLES
from shopkit.mail.templates import Templates


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates("authentication", shop_address="https://shop.example", currency="EUR")


def test_every_template_has_sample_data(templates: Templates) -> None:
    assert sorted(templates.names) == sorted(SAMPLES)


def test_every_kind_of_link_has_a_page_and_a_lifetime() -> None:
    assert set(PAGES) == set(LIFETIMES) == set(LinkKind)


@pytest.mark.parametrize("kind", LinkKind)
def test_a_mail_contains_its_link_in_both_parts(templates: Templates, kind: LinkKind) -> None:
    rendered = templates.render(kind, {"link": "https://shop.example/page#token=abc"})

    assert rendered.text.count("https://shop.example/page#token=abc") == 1
    assert rendered.html.count('href="https://shop.example/page#token=abc"') == 2
    assert len(rendered.subject) > 10
    assert "ignore this mail" in rendered.text or "If it was not you" in rendered.text


def test_a_new_password_is_reported_with_a_way_to_react(templates: Templates) -> None:
    rendered = templates.render("password-changed", {})

    assert rendered.subject == "Your password was changed"
    assert "https://shop.example/sign-in" in rendered.text
    assert "https://shop.example/sign-in" in rendered.html
