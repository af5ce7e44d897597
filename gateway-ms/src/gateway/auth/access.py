"""Decides which route a request uses, and whether the caller may use it."""

from gateway.errors import MethodNotAllowedError, PathNotFoundError
from gateway.matching import PathRoutes
from gateway.routes import Access, Route
from shopkit.identity import Role
from shopkit.web.identity import AdminRequiredError, AuthenticationRequiredError


def select_route(path_routes: PathRoutes | None, method: str, path: str) -> Route:
    """Return the route of a request.

    Raises:
        PathNotFoundError: No route has the path.
        MethodNotAllowedError: Routes have the path, but with other methods.
    """
    if path_routes is None:
        raise PathNotFoundError(path)
    route = path_routes.routes.get(method)
    if route is None:
        raise MethodNotAllowedError(method, path, path_routes.allow)
    return route


def check_access(route: Route, role: Role) -> None:
    """Check that a role may use a route.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
        AdminRequiredError: The caller is not an admin.
    """
    if route.access is Access.ANYONE or role is Role.ADMIN:
        return
    if role is Role.VISITOR:
        raise AuthenticationRequiredError
    if route.access is Access.ADMIN:
        raise AdminRequiredError
