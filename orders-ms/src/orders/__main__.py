"""The commands of orders-ms: `python -m orders COMMAND`."""

import asyncio
import sys

from orders.commands import rebuild, reconcile
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
            "reconcile": lambda: sys.exit(asyncio.run(reconcile(settings))),
            "rebuild": lambda: sys.exit(asyncio.run(rebuild(settings))),
        },
    )


if __name__ == "__main__":
    main()
