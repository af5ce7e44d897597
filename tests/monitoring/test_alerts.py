"""Each fault makes its alerts fire, and they resolve when the fault is gone."""

import pytest
from tests.monitoring.faults import FAULTS, Fault
from tests.monitoring.shop import Shop, wait_until

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_makes_its_alerts_fire_until_it_is_gone(shop: Shop, fault: Fault) -> None:
    alerts = set(FAULTS[fault])
    # Given: the alerts are quiet. Those of the fault before may still have to resolve.
    wait_until(lambda: not alerts & shop.firing(), f"{alerts} are quiet")
    # When
    fired: set[str] = set()

    def all_fired() -> bool:
        fired.update(alerts & shop.firing())
        return fired == alerts

    with fault(shop):
        wait_until(all_fired, f"{alerts} fire")
    # Then
    wait_until(lambda: not alerts & shop.firing(), f"{alerts} resolve")
