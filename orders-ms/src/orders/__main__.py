"""The commands of orders-ms: `python -m orders serve|migrate|seed|topics`."""

import asyncio
import sys

from orders.dependencies import SERVICE
from orders.main import create_app
from orders.migrations import MIGRATIONS
from orders.seed import seed
from orders.settings import OrdersSettings
from shopkit import app as shop_app
from shopkit import commands, topics


def main() -> None:
    """Run the command that the arguments name."""
    settings = OrdersSettings()

    def ensure_topics() -> None:
        created = asyncio.run(topics.ensure_topics(settings))
        sys.stdout.write(f"topics created: {', '.join(created) or 'none'}\n")

    commands.run(
        SERVICE,
        settings,
        {
            "serve": lambda: shop_app.serve(create_app(settings), settings),
            "migrate": lambda: asyncio.run(commands.migrate(SERVICE, settings, MIGRATIONS)),
            "seed": lambda: asyncio.run(seed(settings)),
            "topics": ensure_topics,
        },
    )


if __name__ == "__main__":
    main()
