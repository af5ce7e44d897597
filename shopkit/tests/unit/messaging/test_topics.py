from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from shopkit.messaging import topics
from shopkit.messaging.topics import Topic, create_topics, ensure_topics
from shopkit.settings import Environment, KafkaSettings

SETTINGS = KafkaSettings(
    environment=Environment.DEVELOPMENT,
    port=1,
    mongo_url="mongodb://127.0.0.1:1",
    kafka_bootstrap_servers="kafka:9092",
    topic_partitions=3,
    topic_replication_factor=3,
)
TOPICS = (Topic("things", {"cleanup.policy": "compact"}), Topic("old things"), Topic("events"))


class FakeAdmin:
    """Stands in for the broker and its admin client."""

    def __init__(self) -> None:
        self.existing = ["old things", "__consumer_offsets"]
        self.created: list[Any] = []
        self.unavailable = False
        self.open = False

    def __call__(self, *, bootstrap_servers: str) -> "FakeAdmin":
        assert bootstrap_servers == "kafka:9092"
        return self

    async def start(self) -> None:
        self.open = True
        if self.unavailable:
            raise KafkaConnectionError

    async def close(self) -> None:
        self.open = False

    async def list_topics(self) -> list[str]:
        return self.existing

    async def create_topics(self, new: list[Any]) -> None:
        self.created += new
        self.existing += [topic.name for topic in new]


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> FakeAdmin:
    admin = FakeAdmin()
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", admin)
    return admin


class TestEnsureTopics:
    async def test_creates_missing_topics_once(self, admin: FakeAdmin) -> None:
        assert await ensure_topics(SETTINGS, TOPICS) == ["things", "events"]
        assert [topic.name for topic in admin.created] == ["things", "events"]
        assert await ensure_topics(SETTINGS, TOPICS) == []
        assert len(admin.created) == 2
        assert not admin.open

    async def test_sets_partitions_replicas_and_configuration(self, admin: FakeAdmin) -> None:
        await ensure_topics(SETTINGS, TOPICS)
        things, _events = admin.created
        assert (things.num_partitions, things.replication_factor) == (3, 3)
        assert things.topic_configs == {"cleanup.policy": "compact", "min.insync.replicas": "2"}

    async def test_closes_its_connection_if_the_broker_is_unavailable(
        self, admin: FakeAdmin
    ) -> None:
        admin.unavailable = True
        with pytest.raises(KafkaConnectionError):
            await ensure_topics(SETTINGS, TOPICS)
        assert not admin.open


class TestCreateTopics:
    async def test_waits_for_a_broker_that_is_starting(
        self, admin: FakeAdmin, slept: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        admin.unavailable = True
        start = admin.start

        async def start_at_the_second_attempt() -> None:
            admin.unavailable = not slept
            await start()

        monkeypatch.setattr(admin, "start", start_at_the_second_attempt)
        # When
        created = await create_topics(SETTINGS, TOPICS)
        # Then
        assert created == ["things", "events"]
        assert slept == [0.5]
