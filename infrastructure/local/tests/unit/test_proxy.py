import re

import pytest

from stack import proxy
from stack.errors import SettingError
from stack.settings import Settings
from stack.state import State


class TestRender:
    def test_replaces_only_names_that_have_a_value(self) -> None:
        rendered = proxy.render("listen ${SHOP_LISTEN}; $uri ${OTHER}", {"SHOP_LISTEN": "80"})

        assert rendered == "listen 80; $uri ${OTHER}"


class TestPrepare:
    def test_replaces_every_placeholder(self, state: State, settings: Settings) -> None:
        proxy.prepare(state, settings)

        rendered = [path.read_text() for path in (state.folder / "nginx").rglob("*.conf")]
        assert rendered
        assert not [text for text in rendered if "${" in text]


class TestTrustedProxies:
    @pytest.mark.parametrize(
        ("proxies", "real_ip", "geo"),
        [
            ("", "", ""),
            ("10.0.0.0/8", "set_real_ip_from 10.0.0.0/8; ", "10.0.0.0/8 1; "),
            (
                "10.0.0.1, 2001:DB8::/32,",
                "set_real_ip_from 10.0.0.1; set_real_ip_from 2001:DB8::/32; ",
                "10.0.0.1 1; 2001:DB8::/32 1; ",
            ),
        ],
    )
    def test_returns_values_for_both_directives(self, proxies: str, real_ip: str, geo: str) -> None:
        assert proxy.trusted_proxies(proxies) == {
            "SET_REAL_IP_FROM": real_ip,
            "FROM_TRUSTED_PROXY": geo,
        }

    @pytest.mark.parametrize(
        "wrong", ["proxy.example", "LOAD_BALANCER", "10.0.0.0/8;", "cafe", "*", "10", "$(id)", "/8"]
    )
    def test_refuses_an_item_that_is_no_address(self, wrong: str) -> None:
        with pytest.raises(SettingError) as refusal:
            proxy.trusted_proxies(f"10.0.0.0/8,{wrong}")

        assert str(refusal.value) == (
            f'TRUSTED_PROXIES: "{wrong}" is neither an address nor a range, such as 10.0.0.0/8.'
        )


class TestContentPolicy:
    def test_development_adds_only_a_nonce_and_a_web_socket(self) -> None:
        production, development = read_policy("production"), read_policy("development")

        assert "'nonce-${CSP_NONCE}'" in development
        rest = development.replace(" 'nonce-${CSP_NONCE}'", "").replace(" ws://$http_host", "")
        assert rest == production

    @pytest.mark.parametrize("forbidden", ["unsafe-inline", "unsafe-eval", "*", "http:", "https:"])
    def test_production_allows_no_other_origin_and_no_inline_code(self, forbidden: str) -> None:
        assert forbidden not in read_policy("production")


def read_policy(variant: str) -> str:
    text = (proxy.SOURCE / variant / "policy.conf.template").read_text()
    match = re.search(r'content_security_policy \{\s+default "([^"]+)"', text)
    assert match is not None
    return match[1]
