"""Runs the commands of products-ms."""

from products.commands import app
from shopkit import commands

if __name__ == "__main__":
    commands.run(app)
