"""Renders mails: the subject, the text part and the HTML part of one template.

A template has the block `subject` and the block `content`, and is rendered twice. In `content` it
calls the macros of `part`, such as `part.button(label, url)`, which write text or HTML.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

_LAYOUTS = "layouts"


class Rendered(NamedTuple):
    """A mail that is ready to be sent."""

    subject: str
    text: str
    html: str


class Templates:
    """The templates of a service.

    Args:
        package: The package of the service, which has the folder `templates`.
        shop_address: The address of the shop, without a slash at its end.
        currency: The currency of prices, as ISO 4217 abbreviates it.
    """

    def __init__(self, package: str, *, shop_address: str, currency: str) -> None:
        self._loader = ChoiceLoader(
            [PackageLoader(package), PackageLoader("shopkit.mail", _LAYOUTS)]
        )
        self._text = self._environment(shop_address, currency, autoescape=False)
        self._html = self._environment(shop_address, currency, autoescape=True)

    @property
    def names(self) -> Sequence[str]:
        """The names of the service's templates."""
        service = self._loader.loaders[0]
        return [name.removesuffix(".jinja") for name in service.list_templates()]

    def render(self, name: str, data: Mapping[str, Any]) -> Rendered:
        """Render a mail.

        Args:
            name: The name of the template.
            data: The values that the template uses.

        Raises:
            jinja2.TemplateError: There is no such template, or it needs a value that is missing.
        """
        text = self._text.get_template(f"{name}.jinja")
        context = text.new_context({**data, "layout": "text.jinja"})
        subject = "".join(text.blocks["subject"](context)).strip()
        html = self._html.get_template(f"{name}.jinja")
        return Rendered(
            subject=subject,
            text=_compact(text.render(data, layout="text.jinja")),
            html=html.render(data, layout="html.jinja"),
        )

    def _environment(self, shop_address: str, currency: str, *, autoescape: bool) -> Environment:
        environment = Environment(
            loader=self._loader,
            autoescape=autoescape,  # noqa: S701 - only the text part is not escaped.
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["shop_address"] = shop_address
        environment.filters["money"] = lambda cents: format_money(cents, currency)
        layout = "parts.html.jinja" if autoescape else "parts.text.jinja"
        environment.globals["part"] = environment.get_template(layout).module
        return environment


def _compact(text: str) -> str:
    """Return a text without repeated empty lines, which tags of the template leave."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def format_money(cents: int, currency: str) -> str:
    """Return an amount of money, such as `1,234.50 EUR`."""
    return f"{cents // 100:,}.{cents % 100:02} {currency}"
