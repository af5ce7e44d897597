import pytest

from authentication.models.password import require_uncommon


class TestRequireUncommon:
    @pytest.mark.parametrize("password", ["password", "Password", "12345678", "iloveyou"])
    def test_refuses_a_password_that_many_people_use(self, password: str) -> None:
        with pytest.raises(ValueError, match=r"^must not be a password that many people use$"):
            require_uncommon(password)

    @pytest.mark.parametrize("password", ["correct horse", "# the 10,000 most used", ""])
    def test_returns_any_other_password(self, password: str) -> None:
        assert require_uncommon(password) == password
