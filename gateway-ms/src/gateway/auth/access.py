"""Who may do what: a pure decision."""

from gateway import problems
from gateway.matching import Place
from gateway.routes import Route, Who
from shopkit.web import identity
from shopkit.identity import Role


def choose(place: Place | None, method: str, path: str) -> Route:
    """Return the row of a request.

    Raises:
        RouteUnknownError: Nothing is at this path.
        MethodUnknownError: Something is, but not for this verb.
    """
    if place is None:
        raise problems.RouteUnknownError(path)
    route = place.routes.get(method)
    if route is None:
        raise problems.MethodUnknownError(method, path, place.allow)
    return route


def check(route: Route, role: Role) -> None:
    """Return where the role suffices.

    Raises:
        AuthenticationRequiredError: A visitor must sign in first.
        AdminRequiredError: The caller is known, and no admin.
    """
    if route.who is Who.ANYONE or role is Role.ADMIN:
        return
    if role is Role.VISITOR:
        raise identity.AuthenticationRequiredError
    if route.who is Who.ADMIN:
        raise identity.AdminRequiredError
