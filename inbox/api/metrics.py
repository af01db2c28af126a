"""What the service counts about itself, for Prometheus. Numbers and fixed names only: no ids, addresses or texts as labels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNITS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """A registry of its own, so that several services can live in one process of a test."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self._requests = Histogram("inbox_http_seconds", "Time to answer a request", ["call", "status"], buckets=SECONDS, registry=r)
        self._deliveries = Counter("inbox_deliveries_total", "Deliveries from outside by outcome", ["channel", "outcome"], registry=r)
        self._commits = Counter("inbox_commits_total", "Transactions", registry=r)
        self._batch = Histogram("inbox_batch_events", "Journal entries per transaction", buckets=UNITS, registry=r)
        self._tries = Counter("inbox_commit_tries_total", "Attempts at transactions", registry=r)
        self._sends = Counter("inbox_outbox_total", "Attempts to send by outcome", ["state"], registry=r)
        self._lateness = Histogram("inbox_timer_lateness_seconds", "From a timer's instant to its commit", buckets=SECONDS, registry=r)
        self._logins = Counter("inbox_logins_total", "Logins by outcome", ["outcome"], registry=r)
        self._healthy = Gauge("inbox_channel_healthy", "1 while the channel is in order, else 0", ["channel"], registry=r)
        self._trimmed = Counter("inbox_trimmed_total", "What was removed for its age", ["what"], registry=r)
        self._registered: set[str] = set()

    def answered(self, call: str, status: int, seconds: float) -> None:
        """A request was answered; ``call`` is the name of the call or of the kind of page."""
        self._requests.labels(call, str(status)).observe(seconds)

    def delivered(self, channel: str, outcome: str) -> None:
        """Somebody outside delivered; outcomes: accepted, challenge, not_authentic, later, refused."""
        self._deliveries.labels(channel, outcome).inc()

    def committed(self, events: int, tries: int) -> None:
        """A transaction with so many journal entries was committed after so many tries."""
        self._commits.inc()
        self._tries.inc(tries)
        self._batch.observe(events)

    def sent(self, state: str) -> None:
        """An attempt to send ended in this state of the message."""
        self._sends.labels(state).inc()

    def fired(self, late_ms: int) -> None:
        """A timer's effect was committed so late."""
        self._lateness.observe(max(0, late_ms) / 1000)

    def logged_in(self, outcome: str) -> None:
        """Outcomes: ok, wrong, code_wrong, limited."""
        self._logins.labels(outcome).inc()

    def trimmed(self, what: str, count: int) -> None:
        """So much was removed for its age; ``what`` is events or deliveries."""
        self._trimmed.labels(what).inc(count)

    def watch_channel(self, channel: str, healthy: Callable[[], bool]) -> None:
        """Whether a channel is in order is asked for whenever the metrics are read."""
        self._healthy.labels(channel).set_function(lambda: float(healthy()))

    def forget_channel(self, channel: str) -> None:
        """It was removed."""
        with suppress(KeyError):
            self._healthy.remove(channel)

    def watch(self, name: str, meaning: str, ask: Callable[[], float]) -> None:
        """A gauge asked for whenever the metrics are read (open sockets, waiting units, feed lag)."""
        if name in self._registered:
            raise ValueError(f"{name} is watched already")
        self._registered.add(name)
        Gauge(name, meaning, registry=self.registry).set_function(ask)

    def text(self) -> tuple[bytes, str]:
        """What Prometheus reads, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
