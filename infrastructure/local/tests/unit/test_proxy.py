import re

import pytest

from stack import proxy
from stack.errors import SettingError
from stack.settings import Settings
from stack.state import State

TEMPLATES = sorted(proxy.SOURCE.rglob("*.template"))


class TestRender:
    def test_replaces_only_what_has_a_value(self) -> None:
        rendered = proxy.render("listen ${SHOP_LISTEN}; $uri ${OTHER}", {"SHOP_LISTEN": "80"})

        assert rendered == "listen 80; $uri ${OTHER}"


class TestPrepare:
    def test_nothing_is_left_to_replace(self, state: State, settings: Settings) -> None:
        proxy.prepare(state, settings)

        rendered = [path.read_text() for path in (state.folder / "nginx").rglob("*.conf")]
        assert rendered
        assert not [text for text in rendered if "${" in text]


class TestTrustedProxies:
    @pytest.mark.parametrize(
        ("given", "real_ip", "geo"),
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
    def test_are_written_for_both_directives(self, given: str, real_ip: str, geo: str) -> None:
        assert proxy.trusted_proxies(given) == {
            "SET_REAL_IP_FROM": real_ip,
            "FROM_TRUSTED_PROXY": geo,
        }

    @pytest.mark.parametrize(
        "wrong", ["proxy.example", "LOAD_BALANCER", "10.0.0.0/8;", "cafe", "*", "10", "$(id)", "/8"]
    )
    def test_what_is_no_address_stops_the_start(self, wrong: str) -> None:
        with pytest.raises(SettingError) as refused:
            proxy.trusted_proxies(f"10.0.0.0/8,{wrong}")
        assert str(refused.value) == (
            f'TRUSTED_PROXIES: "{wrong}" is neither an address nor a range, such as 10.0.0.0/8.'
        )


class TestContentPolicy:
    def test_development_adds_a_nonce_and_a_web_socket_and_nothing_else(self) -> None:
        production, development = policy("production"), policy("development")

        assert "'nonce-${CSP_NONCE}'" in development
        without = development.replace(" 'nonce-${CSP_NONCE}'", "").replace(" ws://$http_host", "")
        assert without == production

    @pytest.mark.parametrize("forbidden", ["unsafe-inline", "unsafe-eval", "*", "http:", "https:"])
    def test_production_allows_nothing_from_elsewhere_and_nothing_inline(
        self, forbidden: str
    ) -> None:
        assert forbidden not in policy("production")


def policy(variant: str) -> str:
    text = (proxy.SOURCE / variant / "policy.conf.template").read_text()
    found = re.search(r'content_security_policy \{\s+default "([^"]+)"', text)
    assert found is not None
    return found[1]
