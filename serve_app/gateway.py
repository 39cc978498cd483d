"""The Gateway: the one deployment that HTTP reaches. It holds handles, not engines, and never imports torch."""

import asyncio
import logging
import os
from functools import partial
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from deployments.image_store import ImageStore
from deployments.ray_instruments import RayInstruments
from deployments.registry.registry import AdapterRegistry
from deployments.specs import PROFILES, Kind
from deployments.tracing import open_tracing
from serve_app.adapters.catalogue import Catalogue
from serve_app.api import build_api
from serve_app.audit.trail import Trail
from serve_app.auth.key_store import KeyStore
from serve_app.auth.secret_file import read_or_create_secret
from serve_app.auth.session_store import SessionStore
from serve_app.auth.user_store import UserStore
from serve_app.circuit import Circuit
from serve_app.context import GatewayContext
from serve_app.db.database import Database
from serve_app.exports.workshop import Workshop
from serve_app.files.store import FileStore
from serve_app.fine_tuning.check import DataSetCheck
from serve_app.fine_tuning.fine_tuning import build_fine_tuning
from serve_app.fine_tuning.ray_runs import RayRuns
from serve_app.fine_tuning.workplace import Workplace
from serve_app.intake.decoder import ImageDecoder
from serve_app.intake.intake import Intake
from serve_app.intake.limits import ImageLimits
from serve_app.jobs.dispatcher import Dispatcher
from serve_app.jobs.minute import LedgerMinute, Minute, RedisMinute
from serve_app.jobs.old_generations import OldGenerations
from serve_app.jobs.queue_watch import QueueWatch
from serve_app.jobs.retention import Sweeper
from serve_app.jobs.store import JobStore
from serve_app.memory import return_large_blocks
from serve_app.metrics import GatewayMetrics
from serve_app.moderation.moderator import Moderator
from serve_app.moderation.word_list import WordList
from serve_app.orphans import Orphans
from serve_app.service_handle import ServiceHandle
from serve_app.service_watch import ServiceWatch
from serve_app.sets.hero import follow_hero
from serve_app.sets.store import SetStore
from serve_app.settings import REDIS_VARIABLE, AppArgs
from serve_app.streams.open import OpenStreams
from serve_app.styles.store import StyleStore
from serve_app.thumbnails import Thumbnails
from serve_app.webhooks.address import WebhookRules
from serve_app.webhooks.courier import Courier
from serve_app.webhooks.store import WebhookStore

logger = logging.getLogger("ray.serve")

ADMIN_KEY_FILE = "admin.key"
PASSWORD_TOKEN_FILE = "admin.password-token"
SERVER_SECRET_FILE = "server.secret"
SERVER_SECRET_VARIABLE = "EMBLEM_SERVER_SECRET"


@serve.deployment(
    name="Gateway",
    ray_actor_options={"num_cpus": 0.2},
    max_ongoing_requests=200,
    health_check_period_s=5,
    graceful_shutdown_wait_loop_s=0.5,
    graceful_shutdown_timeout_s=310,  # a request in flight may wait for the longest generation
)
@serve.ingress()
class Gateway:
    def __init__(self, icon: DeploymentHandle[Any], splash: DeploymentHandle[Any], args: AppArgs) -> None:
        self._args = args
        self._icon = icon
        self._splash = splash

    async def __serve_build_asgi_app__(self) -> FastAPI:
        return_large_blocks()
        args = self._args
        database = Database(args.database_url)
        keys = KeyStore(database, _server_secret(args))
        sessions = SessionStore(database, keys)
        metrics = GatewayMetrics(RayInstruments())
        handles: dict[Kind, DeploymentHandle[Any]] = {"icon": self._icon, "splash": self._splash}
        services = {
            kind: Circuit(
                kind, ServiceHandle(kind, handle, args.generation_timeout_s),
                on_change=partial(metrics.circuit_is, kind),
            )
            for kind, handle in handles.items()
        }  # fmt: skip
        image_store = ImageStore(args.image_store_url)
        intake = Intake(ImageDecoder(ImageLimits()))
        tracing = open_tracing("emblem-gateway")
        job_store = JobStore(database, metrics.generation_ended, _minute(), follow_hero, tracing)
        jobs = Dispatcher(job_store, services, tracing=tracing)
        sweeper = Sweeper(database, args.idempotency_retention_h, args.event_retention_h, args.audit_retention_days)
        old_generations = OldGenerations(database, image_store, args.generation_retention_days)
        orphans = Orphans(database, image_store)
        queue_watch = QueueWatch(database, metrics)
        files = FileStore(database, image_store)
        workplace = Workplace(
            args.training_dir, args.models_dir, args.registry_dir, PROFILES[args.profile], args.max_running_trainings
        )
        adapters = Catalogue(AdapterRegistry(args.registry_dir), services, PROFILES[args.profile])
        fine_tuning = build_fine_tuning(database, files, RayRuns(), workplace, DataSetCheck(), adapters.promote)
        service_watch = ServiceWatch(services.values())
        webhook_rules = WebhookRules(args.webhooks_may_be_local)
        courier = Courier(WebhookStore(database), keys.webhook_secret, webhook_rules, on_try=metrics.webhook_tried)
        context = GatewayContext(
            profile=PROFILES[args.profile],
            services=services,
            database=database,
            keys=keys,
            users=UserStore(database),
            sessions=sessions,
            adapters=adapters,
            image_store=image_store,
            intake=intake,
            moderator=Moderator(WordList.read(args.moderation_words_path)),
            files=files,
            job_store=job_store,
            jobs=jobs,
            sets=SetStore(database, job_store),
            styles=StyleStore(database),
            streams=OpenStreams(on_change=metrics.streams_are),
            metrics=metrics,
            tracing=tracing,
            trail=Trail(database),
            workshop=Workshop(),
            fine_tuning=fine_tuning,
            thumbnails=Thumbnails(database, image_store),
            webhook_rules=webhook_rules,
            public_url=args.public_url,
        )

        async def open_context() -> None:
            await database.open()
            if await keys.ensure_admin(args.data_dir / ADMIN_KEY_FILE):
                logger.info("first start: the admin API key is in %s", args.data_dir / ADMIN_KEY_FILE)
            if token := await sessions.ensure_first_token(args.data_dir / PASSWORD_TOKEN_FILE):
                logger.info("the first admin's password is set once, at POST /v1/passwords, with the token %s", token)
            await jobs.open()
            await sweeper.open()
            await old_generations.open()
            await orphans.open()
            await queue_watch.open()
            await fine_tuning.driver.open()
            await service_watch.open()
            await courier.open()

        async def close_context() -> None:
            await courier.close()
            await service_watch.close()
            await fine_tuning.driver.close()
            await queue_watch.close()
            await orphans.close()
            await old_generations.close()
            await sweeper.close()
            await jobs.close()
            await intake.close()
            await database.close()
            await asyncio.to_thread(tracing.close)

        return build_api(context, open_context, close_context)


def _minute() -> Minute:
    url = os.environ.get(REDIS_VARIABLE)
    return RedisMinute(url) if url else LedgerMinute()


def _server_secret(args: AppArgs) -> str:
    """What key digests are keyed with: the environment's, else one of our own that stays with the data."""
    return os.environ.get(SERVER_SECRET_VARIABLE) or read_or_create_secret(args.data_dir / SERVER_SECRET_FILE)
