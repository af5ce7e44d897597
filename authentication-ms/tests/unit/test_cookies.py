from http.cookies import SimpleCookie

from starlette.responses import Response

from authentication.cookies import Cookies
from authentication.settings import AuthenticationSettings
from shopkit.settings import Environment


class TestCookies:
    def test_are_bound_to_the_host_and_to_tls_in_production(
        self, settings: AuthenticationSettings
    ) -> None:
        # Given
        production = settings.model_copy(update={"environment": Environment.PRODUCTION})
        response = Response()
        # When
        Cookies.of(production).set(response, "secret")
        # Then
        cookies: SimpleCookie = SimpleCookie()
        for line in response.headers.getlist("set-cookie"):
            cookies.load(line)
        assert set(cookies) == {"__Host-shop-refresh", "__Host-shop-signed-in"}
        for cookie in cookies.values():
            assert cookie["secure"] is True
            assert cookie["path"] == "/"
            assert cookie["domain"] == ""
            assert cookie["samesite"] == "strict"
        assert cookies["__Host-shop-refresh"]["httponly"] is True
        assert cookies["__Host-shop-signed-in"]["httponly"] == ""
        assert cookies["__Host-shop-signed-in"].value == "1"

    def test_have_the_port_in_their_names_in_development(
        self, settings: AuthenticationSettings
    ) -> None:
        other = settings.model_copy(update={"shop_port": 9090})
        assert Cookies.of(settings).refresh == "shop-refresh-8080"
        assert Cookies.of(other).refresh == "shop-refresh-9090"
