from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from shopkit.contract import topics
from shopkit.messaging import event_runtime
from shopkit.settings import Environment, KafkaSettings

SETTINGS = KafkaSettings(
    environment=Environment.DEVELOPMENT,
    port=1,
    mongo_url="mongodb://127.0.0.1:1",
    kafka_bootstrap_servers="kafka:9092",
    topic_partitions=3,
    topic_replication_factor=3,
)


class Admin:
    """Stands in for the broker and its one administrator."""

    def __init__(self) -> None:
        self.present = ["shop.orders", "__consumer_offsets"]
        self.created: list[Any] = []
        self.away = False
        self.open = False

    def __call__(self, *, bootstrap_servers: str) -> "Admin":
        assert bootstrap_servers == "kafka:9092"
        return self

    async def start(self) -> None:
        self.open = True
        if self.away:
            raise KafkaConnectionError

    async def close(self) -> None:
        self.open = False

    async def list_topics(self) -> list[str]:
        return self.present

    async def create_topics(self, new: list[Any]) -> None:
        self.created += new
        self.present += [topic.name for topic in new]


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> Admin:
    admin = Admin()
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", admin)
    return admin


class TestEnsureTopics:
    async def test_makes_those_that_are_missing_once(self, admin: Admin) -> None:
        # When / Then
        missing = ["shop.products", "shop.order-status"]
        assert await topics.ensure_topics(SETTINGS) == missing
        assert [topic.name for topic in admin.created] == missing
        assert await topics.ensure_topics(SETTINGS) == []
        assert len(admin.created) == 2
        assert not admin.open

    async def test_has_partitions_replicas_and_what_is_kept(self, admin: Admin) -> None:
        # When
        await topics.ensure_topics(SETTINGS)
        # Then
        products, status = admin.created
        assert (products.num_partitions, products.replication_factor) == (3, 3)
        assert products.topic_configs["cleanup.policy"] == "compact"
        assert products.topic_configs["min.insync.replicas"] == "2"
        assert status.topic_configs["retention.ms"] == "1209600000"

    async def test_closes_where_the_broker_is_away(self, admin: Admin) -> None:
        admin.away = True
        with pytest.raises(KafkaConnectionError):
            await topics.ensure_topics(SETTINGS)
        assert not admin.open

    async def test_the_command_says_which(
        self, admin: Admin, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await topics.make_topics(SETTINGS)
        await topics.make_topics(SETTINGS)
        assert capsys.readouterr().out.endswith(
            "topics created: shop.products, shop.order-status\ntopics created: none\n"
        )


class TestIsAway:
    @pytest.mark.parametrize("error", [KafkaConnectionError(), OSError(), TimeoutError()])
    def test_where_the_broker_or_the_way_to_it_is_to_blame(self, error: Exception) -> None:
        assert event_runtime.is_away(error)

    def test_is_not_where_we_are(self) -> None:
        assert not event_runtime.is_away(ValueError())
