"""The kind of device that a user agent names, from a closed list.

The text of a user agent is chosen by the client, so it is not stored or shown.
"""

UNKNOWN = "Unknown device"

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What user agents contain, and the browser. Most contain the names of others too."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Return the kind of device, such as `Firefox on Windows`."""
    found = [
        next((name for part, name in names if part in user_agent), None)
        for names in (_BROWSERS, _SYSTEMS)
    ]
    return " on ".join(name for name in found if name) or UNKNOWN
