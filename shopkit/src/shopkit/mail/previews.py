"""Writes every template of a service to files, with sample data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shopkit.mail.templates import Templates

ADDRESS = "https://shop.example"
LINK = f"{ADDRESS}/example#token=example"


def write_previews(package: str, samples: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write a text file and an HTML file for each template.

    Args:
        package: The package with the templates.
        samples: The data of each template, by its name.
        folder: The folder, which is created if it does not exist.
    """
    templates = Templates(package, shop_address=ADDRESS, currency="EUR")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in samples.items():
        rendered = templates.render(name, data)
        text = f"Subject: {rendered.subject}\n\n{rendered.text}"
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / f"{name}.html").write_text(rendered.html, encoding="utf-8")
