import pytest
from fastapi import Request

from shopkit.identity import Identity, Role
from shopkit.web import identity
from shopkit.web.identity import AdminRequiredError, AuthenticationRequiredError


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs})


class TestAnyone:
    async def test_is_who_the_gateway_names(self) -> None:
        caller = await identity.anyone(
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

    async def test_is_a_visitor_where_it_names_nobody(self) -> None:
        assert await identity.anyone(request()) == Identity(email="", role=Role.VISITOR)

    @pytest.mark.parametrize("role", ["", "root", "ADMIN", "admin "])
    async def test_an_unknown_role_is_a_visitors(self, role: str) -> None:
        caller = await identity.anyone(request(x_user_email="aaa@aaa.com", x_user_role=role))
        assert caller.role is Role.VISITOR


class TestSignedIn:
    @pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
    async def test_lets_users_and_admins_by(self, role: Role) -> None:
        caller = Identity(email="aaa@aaa.com", role=role)
        assert await identity.signed_in(caller) is caller

    @pytest.mark.parametrize(
        "caller",
        [
            Identity(email="", role=Role.VISITOR),
            Identity(email="aaa@aaa.com", role=Role.VISITOR),
            Identity(email="", role=Role.ADMIN),
        ],
    )
    async def test_asks_others_to_sign_in(self, caller: Identity) -> None:
        with pytest.raises(AuthenticationRequiredError, match=r"^Please sign in first\.$"):
            await identity.signed_in(caller)


class TestAdmin:
    async def test_lets_an_admin_by(self) -> None:
        caller = Identity(email="aaa@aaa.com", role=Role.ADMIN)
        assert await identity.admin(caller) is caller

    async def test_refuses_a_user(self) -> None:
        with pytest.raises(AdminRequiredError, match=r"^Only an admin may do this\.$"):
            await identity.admin(Identity(email="aaa@aaa.com", role=Role.USER))
