"""The gateway's application with fake services behind it, and the ways in: in-process, and over a real socket."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from deployments.image_store import ImageStore
from deployments.registry.registry import AdapterRegistry
from deployments.specs import STARTER, Kind
from deployments.tracing import Tracing
from serve_app.adapters.catalogue import Catalogue
from serve_app.api import build_api
from serve_app.audit.trail import Trail
from serve_app.auth.key_store import KeyStore
from serve_app.auth.session_store import SessionStore
from serve_app.auth.user_store import UserStore
from serve_app.circuit import DOWN_AFTER_S, Circuit
from serve_app.context import GatewayContext
from serve_app.db.database import WAIT_S, Database
from serve_app.exports.workshop import Workshop
from serve_app.files.store import MAX_STORED_BYTES, FileStore
from serve_app.fine_tuning.check import DataSetCheck
from serve_app.fine_tuning.fine_tuning import build_fine_tuning
from serve_app.fine_tuning.runs import Runs
from serve_app.fine_tuning.workplace import Workplace
from serve_app.intake.decoder import ImageDecoder
from serve_app.intake.intake import Intake
from serve_app.intake.limits import ImageLimits
from serve_app.jobs.dispatcher import Dispatcher
from serve_app.jobs.minute import LedgerMinute, RedisMinute
from serve_app.jobs.queue_watch import QueueWatch
from serve_app.jobs.retention import Sweeper
from serve_app.jobs.store import JobStore
from serve_app.metrics import GatewayMetrics
from serve_app.moderation.moderator import Moderator
from serve_app.moderation.verdict import Policy
from serve_app.moderation.word_list import DEFAULT_WORDS, WordList
from serve_app.service import Service
from serve_app.service_watch import ServiceWatch
from serve_app.sets.hero import follow_hero
from serve_app.sets.store import SetStore
from serve_app.streams.open import OpenStreams
from serve_app.styles.store import StyleStore
from serve_app.thumbnails import Thumbnails
from serve_app.webhooks.address import WebhookRules
from serve_app.webhooks.courier import Courier
from serve_app.webhooks.store import WebhookStore
from tests.databases import url_of
from tests.fake_runs import FakeRuns
from tests.fakes import FakeService
from tests.recorder import Recorder

MAX_STREAMS = 5  # of a key
MODELS_DIR = Path(__file__).parents[1] / "models"
WEBHOOK_BACKOFF_S = (0.05, 0.1)


@dataclass(frozen=True)
class Door:
    """`admin_key_path` is written when the application starts, as at a first start."""

    api: FastAPI
    services: dict[Kind, FakeService]
    admin_key_path: Path
    data_dir: Path
    database_url: str
    metrics: Recorder

    @property
    def admin_key(self) -> str:
        return self.admin_key_path.read_text().strip()

    def serve(self, kind: Kind, service: Service) -> None:
        """From now on, in place of the fake."""
        self.api.state.context.services[kind] = Circuit(kind, service)


def build_door(
    data_dir: Path,
    studio_dir: Path = Path("no-studio"),
    max_under_way: int = 16,
    database_url: str = "",
    database_wait_s: float = WAIT_S,
    max_stored_bytes: int = MAX_STORED_BYTES,
    intake: Intake | None = None,
    runs: Runs | None = None,
    check: DataSetCheck | None = None,
    models_dir: Path = MODELS_DIR,
    training_poll_s: float = 0.05,
    policy: Policy | None = None,
    down_after_s: float = DOWN_AFTER_S,
    redis_url: str = "",
    webhook_rules: WebhookRules = WebhookRules(),  # noqa: B008  (frozen)
    tracing: Tracing | None = None,
    image_store_url: str = "",
) -> Door:
    database_url = database_url or url_of(data_dir)
    database = Database(database_url, database_wait_s)
    store = ImageStore(image_store_url or f"file://{data_dir}/images")
    services: dict[Kind, FakeService] = {"icon": FakeService("icon", store), "splash": FakeService("splash", store)}
    keys = KeyStore(database, server_secret="s" * 32)
    sessions = SessionStore(database, keys)
    intake = intake or Intake(ImageDecoder(ImageLimits(), num_processes=1))
    moderator = Moderator(policy or WordList.read(DEFAULT_WORDS), timeout_s=0.2)
    recorder, tracing = Recorder(), tracing or Tracing()
    metrics = GatewayMetrics(recorder)
    circuits = {
        kind: Circuit(kind, service, down_after_s, on_change=partial(metrics.circuit_is, kind))
        for kind, service in services.items()
    }
    minute = RedisMinute(redis_url) if redis_url else LedgerMinute()
    job_store = JobStore(database, metrics.generation_ended, minute, follow_hero, tracing)
    jobs = Dispatcher(job_store, circuits, max_under_way, tracing)
    sweeper = Sweeper(database, idempotency_retention_h=24, event_retention_h=48, audit_retention_days=30)
    queue_watch = QueueWatch(database, metrics, look_s=0.05)
    files = FileStore(database, store, max_stored_bytes)
    workplace = Workplace(data_dir / "fine_tuning", models_dir, data_dir / "registry", STARTER, poll_s=training_poll_s)
    fine_tuning = build_fine_tuning(database, files, runs or FakeRuns(), workplace, check or DataSetCheck())
    service_watch = ServiceWatch(circuits.values(), look_s=0.05)
    webhooks = WebhookStore(database, WEBHOOK_BACKOFF_S)
    courier = Courier(webhooks, keys.webhook_secret, webhook_rules, 0.05, 3.0, metrics.webhook_tried)
    context = GatewayContext(
        profile=STARTER, services=circuits, database=database, keys=keys, users=UserStore(database), sessions=sessions,
        adapters=Catalogue(AdapterRegistry(data_dir / "registry"), circuits, STARTER),
        image_store=store, intake=intake, moderator=moderator, files=files,
        job_store=job_store, jobs=jobs, sets=SetStore(database, job_store), styles=StyleStore(database),
        streams=OpenStreams(MAX_STREAMS, metrics.streams_are), metrics=metrics, tracing=tracing, trail=Trail(database),
        workshop=Workshop(num_threads=1, max_waiting=2), fine_tuning=fine_tuning, public_url="",
        webhook_rules=webhook_rules, thumbnails=Thumbnails(database, store),
    )  # fmt: skip
    admin_key_path = data_dir / "admin.key"

    async def open_context() -> None:
        await database.open()
        await keys.ensure_admin(admin_key_path)
        await sessions.ensure_first_token(data_dir / "admin.password-token")
        await jobs.open()
        await sweeper.open()
        await queue_watch.open()
        await fine_tuning.driver.open()
        await service_watch.open()
        await courier.open()

    async def close_context() -> None:
        await courier.close()
        await service_watch.close()
        await fine_tuning.driver.close()
        await queue_watch.close()
        await sweeper.close()
        await jobs.close()
        await intake.close()
        await database.close()

    return Door(
        build_api(context, open_context, close_context, studio_dir), services, admin_key_path, data_dir, database_url,
        recorder,
    )  # fmt: skip


@contextmanager
def listening(api: FastAPI) -> Iterator[str]:
    """The application on a free port of 127.0.0.1; yields its URL."""
    server = uvicorn.Server(uvicorn.Config(api, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
