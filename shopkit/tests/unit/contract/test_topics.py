from shopkit.contract.topics import TOPICS


class TestTopics:
    def test_products_are_compacted_and_orders_expire_after_14_days(self) -> None:
        configurations = {topic.name: topic.config for topic in TOPICS}
        assert configurations["shop.products"]["cleanup.policy"] == "compact"
        for name in ("shop.orders", "shop.order-status"):
            assert configurations[name] == {"retention.ms": "1209600000"}
