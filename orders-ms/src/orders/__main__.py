"""Runs the commands of orders-ms."""

from orders.commands import app
from shopkit import commands

if __name__ == "__main__":
    commands.run(app)
