"""The dashboards, and the JSON of Grafana that is made of them.

`python infrastructure/observability/dashboards.py` writes grafana/dashboards. A test compares the
files with this module, and runs each query against the metrics of a running shop.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("grafana") / "dashboards"
WIDTH, HEIGHT = 12, 8
SOURCE = {"type": "prometheus", "uid": "prometheus"}


@dataclass(frozen=True)
class Panel:
    """A chart.

    Args:
        queries: The expressions in PromQL.
        unit: How Grafana shows the values.
        exporter: The exporter that the metrics need, empty for those of the services.
    """

    title: str
    unit: str
    queries: tuple[str, ...]
    exporter: str = ""


@dataclass(frozen=True)
class Dashboard:
    """A page of panels, two in a row."""

    uid: str
    title: str
    panels: tuple[Panel, ...] = field(default=())


def _percentile(percentile: float, metric: str, by: str = "", where: str = "") -> str:
    labels = f"{by}, le" if by else "le"
    rate = f"rate({metric}_bucket{where}[$__rate_interval])"
    return f"histogram_quantile({percentile}, sum by ({labels}) ({rate}))"


def _rate(metric: str, by: str = "") -> str:
    total = f"rate({metric}[$__rate_interval])"
    return f"sum by ({by}) ({total})" if by else f"sum({total})"


_PLACED = (
    'http_requests_total{instance=~"orders-ms.*", method="POST", route="/api/orders", status="201"}'
)
_REJECTED = 'orders_settled_total{status="REJECTED"}'
_NOT_STREAMS = '{route!~".*stream"}'

SHOP = Dashboard(
    "shop",
    "Shop",
    (
        Panel("Orders placed per second", "ops", (_rate(_PLACED),)),
        Panel("Orders settled per second", "ops", (_rate("orders_settled_total", "status"),)),
        Panel(
            "Revenue of accepted orders, in cents per minute",
            "short",
            (f"60 * {_rate('orders_revenue_cents_total')}",),
        ),
        Panel(
            "Share of rejected orders",
            "percentunit",
            (f"{_rate(_REJECTED)} / {_rate('orders_settled_total')}",),
        ),
        Panel(
            "Time until an order is settled: median and 99th percentile",
            "s",
            (_percentile(0.5, "order_settle_seconds"), _percentile(0.99, "order_settle_seconds")),
        ),
        Panel(
            "Response time of the gateway: median and 99th percentile",
            "s",
            tuple(
                _percentile(
                    share,
                    "http_request_duration_seconds",
                    where='{instance=~"gateway-ms.*", route!~".*stream"}',
                )
                for share in (0.5, 0.99)
            ),
        ),
        Panel(
            "Refused passwords and throttled log-ins per second",
            "ops",
            (_rate('security_events_total{event=~"password-refused|throttled"}', "event"),),
        ),
        Panel("Clients of the live stream", "short", ("sum(order_streams_open)",)),
        Panel(
            "Requests at nginx per second, by status",
            "reqps",
            (_rate("nginx_requests_total", "status"),),
            exporter="nginx",
        ),
        Panel(
            "Response time at nginx, 99th percentile",
            "s",
            (_percentile(0.99, "nginx_request_seconds"),),
            exporter="nginx",
        ),
        Panel(
            "Answers of nginx by the use of its cache",
            "reqps",
            (_rate("nginx_cache_total", "cache"),),
            exporter="nginx",
        ),
    ),
)

EVENTS = Dashboard(
    "events",
    "Event path",
    (
        Panel("Messages that wait for a consumer", "short", ("sum by (topic) (consumer_lag)",)),
        Panel(
            "Unsent messages in the outboxes",
            "short",
            ("max by (instance) (outbox_unsent)",),
        ),
        Panel(
            "Age of the oldest pending order and of the oldest unsent message",
            "s",
            (
                "max(orders_oldest_pending_seconds)",
                "max by (instance) (outbox_oldest_unsent_seconds)",
            ),
        ),
        Panel("Events applied per second", "ops", (_rate("events_applied_total", "type"),)),
        Panel("Messages sent per second", "ops", (_rate("outbox_sent_total", "topic"),)),
        Panel(
            "Items of a batch, 90th percentile",
            "short",
            (_percentile(0.9, "batch_items", "stage"),),
        ),
        Panel(
            "Retries per second: of batches, of sending and of transactions",
            "ops",
            tuple(
                _rate(metric, "instance")
                for metric in (
                    "event_batches_retried_total",
                    "outbox_send_failures_total",
                    "transaction_retries_total",
                )
            ),
        ),
        Panel(
            "Dead letters, and events sent again, in an hour",
            "short",
            (
                "sum by (topic) (increase(dead_letters_parked_total[1h]))",
                "sum(increase(order_events_resent_total[1h]))",
            ),
        ),
        Panel("Paused consumers", "short", ("max by (instance, topic) (consumer_paused)",)),
        Panel(
            "Differences that the reconciliation has found",
            "short",
            ("max by (kind) (reconcile_drift)",),
        ),
    ),
)

SERVERS = Dashboard(
    "servers",
    "Databases and broker",
    (
        Panel(
            "Operations of the databases per second",
            "ops",
            (_rate("mongodb_ss_opcounters", "instance, legacy_op_type"),),
            exporter="mongodb",
        ),
        Panel(
            "Connections of the databases",
            "short",
            ('sum by (instance) (mongodb_ss_connections{conn_type="current"})',),
            exporter="mongodb",
        ),
        Panel(
            "Memory of the databases, in MiB",
            "mbytes",
            ("sum by (instance) (mongodb_ss_mem_resident)",),
            exporter="mongodb",
        ),
        Panel(
            "Members that do not answer",
            "short",
            ("sum by (instance) (mongodb_rs_members_health == bool 0)",),
            exporter="mongodb",
        ),
        Panel(
            "Messages written per second",
            "ops",
            (
                (
                    "sum by (topic) (rate(kafka_topic_partition_current_offset"
                    '{topic!~"__.*"}[$__rate_interval]))'
                ),
            ),
            exporter="kafka",
        ),
        Panel("Brokers", "short", ("max(kafka_brokers)",), exporter="kafka"),
        Panel(
            "Partitions whose copies are behind",
            "short",
            ("sum(kafka_topic_partition_under_replicated_partition)",),
            exporter="kafka",
        ),
        Panel(
            "Messages of each topic that the broker keeps",
            "short",
            (
                (
                    "sum by (topic) (kafka_topic_partition_current_offset"
                    " - kafka_topic_partition_oldest_offset)"
                ),
            ),
            exporter="kafka",
        ),
    ),
)

SERVICES = Dashboard(
    "services",
    "Services",
    (
        Panel("Requests per second", "reqps", (_rate("http_requests_total", "instance"),)),
        Panel(
            "Share of failures",
            "percentunit",
            (
                (
                    'sum by (instance) (rate(http_requests_total{status=~"5.."}[$__rate_interval]))'
                    " / sum by (instance) (rate(http_requests_total[$__rate_interval]))"
                    " or sum by (instance) (0 * rate(http_requests_total[$__rate_interval]))"
                ),
            ),
        ),
        Panel(
            "Response time, 99th percentile",
            "s",
            (_percentile(0.99, "http_request_duration_seconds", "instance", _NOT_STREAMS),),
        ),
        Panel("Memory", "bytes", ('process_resident_memory_bytes{job="services"}',)),
        Panel(
            "Processor time",
            "percentunit",
            ('rate(process_cpu_seconds_total{job="services"}[$__rate_interval])',),
        ),
        Panel(
            "Delay of the event loop, 99th percentile",
            "s",
            (_percentile(0.99, "event_loop_delay_seconds", "instance"),),
        ),
        Panel("Open files", "short", ('process_open_fds{job="services"}',)),
        Panel(
            "Background loops that died, in an hour",
            "short",
            ("sum by (instance, loop) (increase(loop_deaths_total[1h]))",),
        ),
        Panel("Releases", "short", ("sum by (service, release) (build_info)",)),
        Panel("Mails that wait, or are parked", "short", ("mail_waiting", "mail_parked")),
    ),
)

DASHBOARDS = (SHOP, EVENTS, SERVERS, SERVICES)


def render(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana reads it."""
    panels = [_panel(panel, number) for number, panel in enumerate(dashboard.panels)]
    content = {
        "title": dashboard.title,
        "uid": dashboard.uid,
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "panels": panels,
    }
    return json.dumps(content, indent=2) + "\n"


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    row, column = divmod(number, 2)
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "timeseries",
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": row * HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": query}
            for index, query in enumerate(panel.queries)
        ],
    }


def main() -> None:
    """Write the files."""
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(render(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
