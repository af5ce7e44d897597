"""Which problem each exception is."""

from products import errors
from shopkit.storage.idempotency import KeyReusedError
from shopkit.web import admin_routes, database_problems
from shopkit.web.problems import KEY_REUSED, NOT_FOUND, ProblemType, Table

NAME_TAKEN = ProblemType("name-taken", "The name is taken", 409)
CATEGORY_NOT_FOUND = ProblemType("category-not-found", "There is no such category", 404)
CATEGORY_TAKEN = ProblemType("category-taken", "The category exists", 409)
CATEGORY_IN_USE = ProblemType("category-in-use", "Products have the category", 409)
INSUFFICIENT_STOCK = ProblemType("insufficient-stock", "There is not enough in stock", 409)
STOCK_LIMIT = ProblemType("stock-limit", "The shelf is full", 409)
TAG_MISSING = ProblemType("precondition-required", "If-Match is missing", 428)
STALE_TAG = ProblemType("stale", "Someone has changed it meanwhile", 412)
PICTURE_UNUSABLE = ProblemType("picture-unusable", "The picture can't be used", 422)
PICTURE_TOO_LARGE = ProblemType("content-too-large", "The request is too large", 413)

TABLE: Table = {
    **database_problems.TABLE,
    **admin_routes.TABLE,
    errors.NameTakenError: NAME_TAKEN,
    errors.ProductNotFoundError: NOT_FOUND,
    errors.CategoryNotFoundError: CATEGORY_NOT_FOUND,
    errors.CategoryTakenError: CATEGORY_TAKEN,
    errors.CategoryInUseError: CATEGORY_IN_USE,
    errors.InsufficientStockError: INSUFFICIENT_STOCK,
    errors.StockLimitError: STOCK_LIMIT,
    errors.TagMissingError: TAG_MISSING,
    errors.StaleTagError: STALE_TAG,
    errors.PictureError: PICTURE_UNUSABLE,
    errors.PictureTooLargeError: PICTURE_TOO_LARGE,
    errors.PictureNotFoundError: NOT_FOUND,
    KeyReusedError: KEY_REUSED,
}
