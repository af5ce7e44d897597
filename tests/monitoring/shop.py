"""The shop under watch: its stack, its Prometheus, and what the tests do to it."""

import asyncio
import itertools
import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import yaml
from aiokafka import AIOKafkaProducer
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database
from tests.monitoring.rules import shortened

from shopkit.messaging.envelope import headers
from shopkit.storage.unit_of_work import Message
from stack import Stack, monitoring
from stack.services import SERVICES
from stack.settings import REPOSITORY
from stack.state import State

Document = dict[str, Any]
WAIT_SECONDS = 60
POLL_SECONDS = 0.2
INTERVAL = "1s"
THREADS = 16
ADMIN, SHOPPER = "admin@admin.com", "aaa@aaa.com"


def wait_until(condition: Callable[[], bool], description: str) -> None:
    """Poll until a condition is true.

    Raises:
        AssertionError: It is not true within a minute.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {description}"
        time.sleep(POLL_SECONDS)


class Shop:
    """A running stack with Prometheus."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._state = State(stack.settings.state)
        self._prometheus = httpx2.Client(base_url=stack.settings.prometheus_url, timeout=10)
        gateway = f"http://127.0.0.1:{stack.settings.ports['gateway']}"
        self._numbers = itertools.count(1)
        # nginx would limit the requests of one address.
        self.visitor = httpx2.Client(base_url=gateway, timeout=30)

    def close(self) -> None:
        """Close the connections."""
        self._prometheus.close()
        self.visitor.close()

    # Prometheus.

    def use_short_times(self) -> None:
        """Let Prometheus scrape and evaluate every second, with shortened rules."""
        folder = monitoring.folder(self._state)
        rules = yaml.safe_load((folder / monitoring.RULES).read_text())
        (folder / monitoring.RULES).write_text(yaml.safe_dump(shortened(rules)))
        configuration = yaml.safe_load((folder / "prometheus.yml").read_text())
        configuration["global"] = {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        self.stack.kill("prometheus", signal.SIGHUP)
        wait_until(self._has_short_times, "Prometheus has the short times")
        # `increase` compares with an earlier value, so each counter needs one before a fault.
        wait_until(self._has_history, "each service was scraped several times")

    def _has_short_times(self) -> bool:
        [group] = self._prometheus.get("/api/v1/rules").json()["data"]["groups"]
        return bool(group["interval"] == 1)

    def _has_history(self) -> bool:
        scraped = self.query('count_over_time(up{job="services"}[10s]) >= 4')
        return len(scraped) == len(SERVICES)

    def query(self, expression: str) -> list[Document]:
        """Return the result of a query."""
        answer = self._prometheus.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        result: list[Document] = answer.json()["data"]["result"]
        return result

    def has_numbers(self, expression: str) -> bool:
        """Return whether a query returns numbers."""
        return any(not math.isnan(float(series["value"][1])) for series in self.query(expression))

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        alerts = self._prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    @contextmanager
    def without_target(self, instance: str) -> Iterator[None]:
        """Hide a service from Prometheus."""
        file = monitoring.folder(self._state) / monitoring.targets_file("services")
        found = json.loads(file.read_text())
        others = [target for target in found if target["labels"]["instance"] != instance]
        assert len(others) == len(found) - 1
        file.write_text(json.dumps(others))
        try:
            yield
        finally:
            file.write_text(json.dumps(found))

    # The shop.

    def sign_in(self, email: str) -> httpx2.Client:
        """Return a client for an account, whose password is its email address."""
        answer = self.visitor.post("/api/login", json={"email": email, "password": email})
        assert answer.status_code == 200, answer.text
        authorization = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx2.Client(base_url=self.visitor.base_url, headers=authorization, timeout=30)

    def through_nginx(self) -> httpx2.Client:
        """Return a client for a visitor who comes through nginx."""
        return httpx2.Client(base_url=self.stack.settings.shop_url, timeout=30)

    def add_product(self) -> str:
        """Add a product with a large stock, wait until it can be ordered, and return its id."""
        product = {
            "name": f"Watch {next(self._numbers)}",
            "description": "",
            "price": 1,
            "quantity": 100_000,
            "categories": [],
        }
        with self.sign_in(ADMIN) as admin:
            added = admin.post("/api/products", json={"product": product})
        assert added.status_code == 201, added.text
        product_id = str(added.json()["id"])
        projection = self.database("orders")["products"]
        wait_until(
            lambda: bool(projection.find_one({"_id": ObjectId(product_id)})), "the product is known"
        )
        return product_id

    def place_orders(self, product_id: str, count: int) -> list[str]:
        """Place orders, several at a time, and return their ids."""
        body = {"products": [{"id": product_id, "quantity": 1}]}

        with self.sign_in(SHOPPER) as shopper, ThreadPoolExecutor(THREADS) as pool:

            def place(_number: int) -> str:
                answer = shopper.post("/api/orders", json=body)
                assert answer.status_code == 201, answer.text
                return str(answer.json()["id"])

            return list(pool.map(place, range(count)))

    def wait_until_settled(self) -> None:
        """Wait until no order is pending."""
        orders = self.database("orders")["orders"]
        wait_until(lambda: not orders.find_one({"status": "PENDING"}), "no order is pending")

    def database(self, service: str) -> Database[Document]:
        """Return the database of a service, as its administrator."""
        address = self.stack.database_url(service, root=True)
        if address not in _CLIENTS:
            _CLIENTS[address] = MongoClient[Document](address)
        return _CLIENTS[address]["shop"]

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages to Kafka."""

        async def send() -> None:
            port = self.stack.settings.ports["kafka"]
            async with AIOKafkaProducer(
                bootstrap_servers=f"127.0.0.1:{port}", linger_ms=20
            ) as producer:
                sent = [
                    await producer.send(
                        message.topic,
                        message.value,
                        key=message.key.encode(),
                        headers=headers(message),
                    )
                    for message in messages
                ]
                await asyncio.gather(*sent)

        asyncio.run(send())

    def run_command(self, service: str, *command: str) -> None:
        """Run a command of a service."""
        subprocess.run(
            [sys.executable, "-m", service, *command],
            env=self.stack.environment(service),
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
        )


_CLIENTS: dict[str, MongoClient[Document]] = {}
