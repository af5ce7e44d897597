"""Imports every module of the generated Python clients, and checks the limits of a request."""

import importlib
import pkgutil
import sys

sys.path.insert(0, ".")

import client
import models
from pydantic import BaseModel, ValidationError

MODULES = [module.name for module in pkgutil.walk_packages(client.__path__, "client.")]
ORDERED = {"id": "a" * 24, "quantity": 1, "price": 19.99}


def refuses(model: type[BaseModel], **changes: object) -> bool:
    """Return whether a model accepts the valid values, but not with the changes."""
    model.model_validate(ORDERED)
    try:
        model.model_validate(ORDERED | changes)
    except ValidationError:
        return True
    return False


for name in MODULES:
    importlib.import_module(name)
for changes in ({"quantity": -5}, {"price": -0.01}, {"price": 1_000_000.01}, {"price": 0.001}):
    if not refuses(models.LineRequest, **changes):
        sys.exit(f"The generated model accepts {changes}.")
print(f"Python: {len(MODULES)} modules compile, and the models refuse what the API refuses.")
