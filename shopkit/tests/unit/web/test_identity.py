import pytest
from fastapi import Request

from shopkit.identity import Identity, Role
from shopkit.web import identity
from shopkit.web.identity import AdminRequiredError, AuthenticationRequiredError


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs})


class TestGetCaller:
    async def test_returns_the_caller_that_the_gateway_identifies(self) -> None:
        caller = await identity.get_caller(
            request(
                x_user_email="aaa@aaa.com",
                x_user_role="admin",
                x_user_session="session-1",
                x_client_address="192.0.2.1",
            )
        )
        assert caller == Identity(
            email="aaa@aaa.com", role=Role.ADMIN, session="session-1", client_address="192.0.2.1"
        )

    async def test_returns_a_visitor_if_the_gateway_identifies_none(self) -> None:
        assert await identity.get_caller(request()) == Identity(email="", role=Role.VISITOR)

    @pytest.mark.parametrize("role", ["", "root", "ADMIN", "admin "])
    async def test_treats_an_unknown_role_as_a_visitor(self, role: str) -> None:
        caller = await identity.get_caller(request(x_user_email="aaa@aaa.com", x_user_role=role))
        assert caller.role is Role.VISITOR


class TestRequireUser:
    @pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
    async def test_accepts_users_and_admins(self, role: Role) -> None:
        caller = Identity(email="aaa@aaa.com", role=role)
        assert await identity.require_user(caller) is caller

    @pytest.mark.parametrize(
        "caller",
        [
            Identity(email="", role=Role.VISITOR),
            Identity(email="aaa@aaa.com", role=Role.VISITOR),
            Identity(email="", role=Role.ADMIN),
        ],
    )
    async def test_refuses_others(self, caller: Identity) -> None:
        with pytest.raises(AuthenticationRequiredError, match=r"^Sign in first\.$"):
            await identity.require_user(caller)


class TestRequireAdmin:
    async def test_accepts_an_admin(self) -> None:
        caller = Identity(email="aaa@aaa.com", role=Role.ADMIN)
        assert await identity.require_admin(caller) is caller

    async def test_refuses_a_user(self) -> None:
        with pytest.raises(AdminRequiredError, match=r"^Only admins can do this\.$"):
            await identity.require_admin(Identity(email="aaa@aaa.com", role=Role.USER))
