"""Numbers about the service in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector

from simengine.serving.catalogue import Catalogue
from simengine.serving.rest.keys import KeyFile
from simengine.serving.rest.lifecycle import Lifecycle

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """Counts requests, and looks at the indexes when it is asked.

    Args:
        catalogue: of the service.
        lifecycle: of the service.
        keys: of the service; None where it asks for none.
    """

    def __init__(self, catalogue: Catalogue, lifecycle: Lifecycle, keys: KeyFile | None = None) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "simengine_requests",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "simengine_request_seconds",
            "From the request's first byte to the answer's last.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._registry.register(_Served(catalogue, lifecycle, keys))
        ProcessCollector(registry=self._registry)

    def observe(self, method: str, route: str, status: int, took_s: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(took_s)

    def text(self) -> bytes:
        """All numbers."""
        return generate_latest(self._registry)


class _Served:
    """What the indexes and the queues say of themselves."""

    def __init__(self, catalogue: Catalogue, lifecycle: Lifecycle, keys: KeyFile | None) -> None:
        self._catalogue, self._lifecycle, self._keys = catalogue, lifecycle, keys

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        yield GaugeMetricFamily(
            "simengine_requests_accepted", "Requests under way.", self._lifecycle.n_accepted
        )
        yield GaugeMetricFamily(
            "simengine_stopping", "1 while new work is refused.", int(self._lifecycle.draining)
        )
        if self._keys is not None:
            yield GaugeMetricFamily(
                "simengine_keys_stale",
                "1 while the file of keys cannot be used; the keys known before stay valid.",
                int(self._keys.stale),
            )
        documents = GaugeMetricFamily("simengine_documents", "Documents of an index.", labels=["index"])
        writes = GaugeMetricFamily(
            "simengine_writes_waiting", "Writes that run or wait for their turn.", labels=["index"]
        )
        stale = GaugeMetricFamily(
            "simengine_stale",
            "1 while the index on disk cannot be read anew; searches see it as it was.",
            labels=["index"],
        )
        for name, served in self._catalogue.items():
            documents.add_metric([name], len(served.engine))
            writes.add_metric([name], served.n_writes)
            stale.add_metric([name], int(bool(served.retriever.refresh_problem)))
        yield documents
        yield writes
        yield stale
        yield from self._batches()

    def _batches(self) -> Iterator[Metric]:
        labels = ["index", "kind"]
        waiting = GaugeMetricFamily(
            "simengine_queue_waiting", "Callers that wait for a batch.", labels=labels
        )
        counters = {
            name: CounterMetricFamily(f"simengine_batch_{name}", text, labels=labels)
            for name, text in (
                ("batches", "Batches that were computed."),
                ("items", "Texts, queries or pairs in them."),
                ("callers", "Callers in them."),
                ("refused", "Callers that were refused because too many waited."),
                ("busy_s", "Seconds that computing took."),
            )
        }
        for index, batcher in self._catalogue.batchers():
            waiting.add_metric([index, batcher.name], batcher.queued)
            for name, counter in counters.items():
                counter.add_metric([index, batcher.name], getattr(batcher.counts, name))
        yield waiting
        yield from counters.values()
