"""The commands of products-ms: `python -m products serve|migrate|seed`."""

import asyncio

from products.dependencies import SERVICE
from products.main import create_app
from products.migrations import MIGRATIONS
from products.seed import seed
from products.settings import ProductsSettings
from shopkit import app as shop_app
from shopkit import commands


def main() -> None:
    """Run the command that the arguments name."""
    settings = ProductsSettings()
    commands.run(
        SERVICE,
        settings,
        {
            "serve": lambda: shop_app.serve(create_app(settings), settings),
            "migrate": lambda: asyncio.run(commands.migrate(SERVICE, settings, MIGRATIONS)),
            "seed": lambda: asyncio.run(seed(settings)),
        },
    )


if __name__ == "__main__":
    main()
