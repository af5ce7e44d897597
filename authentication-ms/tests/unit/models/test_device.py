import pytest

from authentication.models.device import device_of

ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (f"{ANDROID}Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"{ANDROID}SamsungBrowser/28.0 Chrome/130.0 Safari/537.36", "Samsung Internet on Android"),
        (f"{MAC}Version/18.5 Safari/605.1.15", "Safari on macOS"),
        (f"{MAC}Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) CriOS/140.0 Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140.0 Safari/537.36", "Chrome on ChromeOS"),
        ("Firefox/140.0", "Firefox"),
        ("curl/8.0", "Unknown device"),
        ("<b>Chrome</b>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_names_the_browser_and_the_system(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device
