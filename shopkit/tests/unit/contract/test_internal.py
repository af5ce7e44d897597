import pytest
from pydantic import ValidationError

from shopkit.contract.internal import PAGE, CancelOrders, ResendProducts
from shopkit.testing.deliveries import an_id


class TestBodies:
    def test_accept_one_page_and_no_more(self) -> None:
        ids = [an_id(number) for number in range(PAGE + 1)]
        assert len(CancelOrders(ids=ids[:PAGE]).ids) == 500
        with pytest.raises(ValidationError, match="at most 500 items"):
            CancelOrders(ids=ids)
        with pytest.raises(ValidationError, match="at most 500 items"):
            ResendProducts.model_validate({"products": [{"id": id_, "version": 1} for id_ in ids]})
