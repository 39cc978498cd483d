"""What the gateway measures of itself: requests, refusals, generations, who waits, who listens."""

from deployments.instruments import Instruments
from serve_app.db.tables import Generation

REQUEST_BOUNDS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 80, 120)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class GatewayMetrics:
    def __init__(self, instruments: Instruments) -> None:
        self._requests = instruments.counter(
            "emblem_http_requests", "Requests that were answered, by their route's template; 499: the caller hung up.",
            ("method", "template", "status"),
        )  # fmt: skip
        self._request_s = instruments.histogram(
            "emblem_http_request_seconds", "From a request to the last byte of its answer, a stream's too.",
            REQUEST_BOUNDS_S, ("template",),
        )  # fmt: skip
        self._rejects = instruments.counter("emblem_http_rejects", "Errors that were told, by their code.", ("code",))
        self._generations = instruments.counter(
            "emblem_generations", "Generations that have ended.", ("kind", "outcome")
        )
        self._generation_s = instruments.histogram(
            "emblem_generation_seconds", "From the acceptance of a generation to its end.", REQUEST_BOUNDS_S,
            ("kind", "outcome"),
        )  # fmt: skip
        self._wait_s = instruments.histogram(
            "emblem_queue_wait_seconds", "From acceptance until it was first given to a service.", REQUEST_BOUNDS_S,
            ("kind",),
        )  # fmt: skip
        self._queued = instruments.gauge(
            "emblem_queue_depth", "Generations that wait, in the database: each gateway tells the same.", ("kind",)
        )
        self._open_circuits = instruments.gauge(
            "emblem_circuit_open", "1 while calls for a service that does not answer are refused unasked.", ("kind",)
        )
        self._circuit_opens = instruments.counter("emblem_circuit_opens", "Times that it came to that.", ("kind",))
        self._webhook_tries = instruments.counter(
            "emblem_webhook_tries", "Deliveries that were tried: delivered, retried, given_up.", ("outcome",)
        )
        self._webhook_s = instruments.histogram(
            "emblem_webhook_seconds", "From the beginning of a try to its answer, or to what it failed with.",
            REQUEST_BOUNDS_S, ("outcome",),
        )  # fmt: skip
        self._streams = instruments.gauge("emblem_open_streams", "Event streams that this gateway has open.", ())

    def request_ended(self, method: str, template: str, status: int, seconds: float, error_code: str | None) -> None:
        method = method if method in _METHODS else "other"
        self._requests.inc(1, {"method": method, "template": template, "status": str(status)})
        self._request_s.observe(seconds, {"template": template})
        if error_code:
            self._rejects.inc(1, {"code": error_code})

    def generation_ended(self, row: Generation) -> None:
        assert row.finished_at
        labels = {"kind": row.kind, "outcome": row.status}
        self._generations.inc(1, labels)
        self._generation_s.observe((row.finished_at - row.created_at).total_seconds(), labels)
        if row.started_at:
            self._wait_s.observe((row.started_at - row.created_at).total_seconds(), {"kind": row.kind})

    def queue_is(self, kind: str, num_waiting: int) -> None:
        self._queued.set(num_waiting, {"kind": kind})

    def circuit_is(self, kind: str, is_open: bool) -> None:
        self._open_circuits.set(float(is_open), {"kind": kind})
        if is_open:
            self._circuit_opens.inc(1, {"kind": kind})

    def webhook_tried(self, outcome: str, seconds: float) -> None:
        self._webhook_tries.inc(1, {"outcome": outcome})
        self._webhook_s.observe(seconds, {"outcome": outcome})

    def streams_are(self, num_open: int) -> None:
        self._streams.set(num_open, {})
