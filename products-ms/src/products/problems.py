"""The problem types of products-ms."""

from dataclasses import replace

from products import errors
from products.etags import format_etag
from shopkit.storage.database_identity import IdentityMissingError, OtherDatabaseError
from shopkit.storage.idempotency import KeyReusedError
from shopkit.web import admin_routes, database_problems
from shopkit.web.problems import (
    KEY_REUSED,
    NOT_FOUND,
    UNAVAILABLE,
    ProblemTable,
    ProblemType,
)

NAME_TAKEN = ProblemType("name-taken", "The name is taken", 409)
CATEGORY_NOT_FOUND = ProblemType("category-not-found", "The category does not exist", 404)
CATEGORY_TAKEN = ProblemType("category-taken", "The category already exists", 409)
CATEGORY_LIMIT = ProblemType("category-limit", "There are too many categories", 409)
CATEGORY_IN_USE = ProblemType("category-in-use", "The category is in use", 409)
INSUFFICIENT_STOCK = ProblemType("insufficient-stock", "There is not enough stock", 409)
STOCK_LIMIT = ProblemType("stock-limit", "The stock would exceed the limit", 409)
STOCK_MOVED = ProblemType("stock-moved", "The stock has changed", 409)
VERSION_REQUIRED = ProblemType("precondition-required", "If-Match is missing", 428)
STALE = ProblemType("stale", "The product has changed", 412)
PICTURE_UNUSABLE = ProblemType("picture-unusable", "The picture cannot be used", 422)
PICTURE_TOO_LARGE = ProblemType("content-too-large", "The request is too large", 413)
OTHER_DATABASE = ProblemType("other-database", "This is another database", 409)


def _stale(error: Exception) -> ProblemType:
    assert isinstance(error, errors.StaleVersionError)  # noqa: S101
    tag = format_etag(error.details_version, error.stock_version, error.names_version)
    return replace(STALE, headers={"ETag": tag})


TABLE: ProblemTable = {
    **database_problems.TABLE,
    **admin_routes.TABLE,
    errors.NameTakenError: NAME_TAKEN,
    errors.ProductNotFoundError: NOT_FOUND,
    errors.CategoryNotFoundError: CATEGORY_NOT_FOUND,
    errors.CategoriesNotFoundError: CATEGORY_NOT_FOUND,
    errors.CategoryLimitError: CATEGORY_LIMIT,
    errors.CategoryTakenError: CATEGORY_TAKEN,
    errors.CategoryInUseError: CATEGORY_IN_USE,
    errors.InsufficientStockError: INSUFFICIENT_STOCK,
    errors.StockMovedError: STOCK_MOVED,
    errors.StockLimitError: STOCK_LIMIT,
    errors.VersionRequiredError: VERSION_REQUIRED,
    errors.StaleVersionError: _stale,
    errors.PictureError: PICTURE_UNUSABLE,
    errors.PictureTooLargeError: PICTURE_TOO_LARGE,
    errors.TooManyPicturesError: UNAVAILABLE,
    errors.PictureNotFoundError: NOT_FOUND,
    KeyReusedError: KEY_REUSED,
    OtherDatabaseError: OTHER_DATABASE,
    IdentityMissingError: UNAVAILABLE,
}
