"""Which problem each exception is."""

from products import errors
from shopkit import database_problems
from shopkit.problems import NOT_FOUND, ProblemType, Table

NAME_TAKEN = ProblemType("name-taken", "The name is taken", 409)
CATEGORY_NOT_FOUND = ProblemType("category-not-found", "There is no such category", 404)
INSUFFICIENT_STOCK = ProblemType("insufficient-stock", "There is not enough in stock", 409)
STOCK_LIMIT = ProblemType("stock-limit", "The shelf is full", 409)

TABLE: Table = {
    **database_problems.TABLE,
    errors.NameTakenError: NAME_TAKEN,
    errors.ProductNotFoundError: NOT_FOUND,
    errors.CategoryNotFoundError: CATEGORY_NOT_FOUND,
    errors.InsufficientStockError: INSUFFICIENT_STOCK,
    errors.StockLimitError: STOCK_LIMIT,
}
