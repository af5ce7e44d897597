from http.cookies import SimpleCookie

from starlette.responses import Response

from authentication.cookies import Cookies
from authentication.settings import AuthenticationSettings
from shopkit.settings import Environment


class TestProduction:
    def test_Given_Production_When_CookiesAreSet_Then_TheyAreBoundToTheHostAndToTls(
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


class TestDevelopment:
    def test_Given_TwoStacks_When_CookiesAreNamed_Then_ThePortKeepsThemApart(
        self, settings: AuthenticationSettings
    ) -> None:
        other = settings.model_copy(update={"shop_port": 9090})
        assert Cookies.of(settings).refresh == "shop-refresh-8080"
        assert Cookies.of(other).refresh == "shop-refresh-9090"
