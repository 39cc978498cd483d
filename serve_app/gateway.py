"""The Gateway: the one deployment that HTTP reaches. It holds handles, not engines, and never imports torch."""

import logging
import os
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from deployments.image_store import ImageStore
from deployments.ray_instruments import RayInstruments
from deployments.specs import PROFILES, Kind
from serve_app.api import build_api
from serve_app.audit.trail import Trail
from serve_app.auth.key_store import KeyStore
from serve_app.auth.secret_file import read_or_create_secret
from serve_app.auth.session_store import SessionStore
from serve_app.auth.user_store import UserStore
from serve_app.context import GatewayContext
from serve_app.db.database import Database
from serve_app.exports.workshop import Workshop
from serve_app.files.store import FileStore
from serve_app.intake.decoder import ImageDecoder
from serve_app.intake.intake import Intake
from serve_app.intake.limits import ImageLimits
from serve_app.jobs.dispatcher import Dispatcher
from serve_app.jobs.queue_watch import QueueWatch
from serve_app.jobs.retention import Sweeper
from serve_app.jobs.store import JobStore
from serve_app.metrics import GatewayMetrics
from serve_app.service import Service
from serve_app.service_handle import ServiceHandle
from serve_app.sets.hero import follow_hero
from serve_app.sets.store import SetStore
from serve_app.settings import AppArgs
from serve_app.streams.open import OpenStreams

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
        args = self._args
        database = Database(args.database_url)
        keys = KeyStore(database, _server_secret(args))
        sessions = SessionStore(database, keys)
        services: dict[Kind, Service] = {
            "icon": ServiceHandle("icon", self._icon, args.generation_timeout_s),
            "splash": ServiceHandle("splash", self._splash, args.generation_timeout_s),
        }
        image_store = ImageStore(args.image_store_url)
        intake = Intake(ImageDecoder(ImageLimits()))
        metrics = GatewayMetrics(RayInstruments())
        job_store = JobStore(database, metrics.generation_ended, follow_hero)
        jobs = Dispatcher(job_store, services)
        sweeper = Sweeper(database, args.idempotency_retention_h, args.event_retention_h, args.audit_retention_days)
        queue_watch = QueueWatch(database, metrics)
        context = GatewayContext(
            profile=PROFILES[args.profile],
            services=services,
            database=database,
            keys=keys,
            users=UserStore(database),
            sessions=sessions,
            image_store=image_store,
            intake=intake,
            files=FileStore(database, image_store),
            job_store=job_store,
            jobs=jobs,
            sets=SetStore(database, job_store),
            streams=OpenStreams(on_change=metrics.streams_are),
            metrics=metrics,
            trail=Trail(database),
            workshop=Workshop(),
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
            await queue_watch.open()

        async def close_context() -> None:
            await queue_watch.close()
            await sweeper.close()
            await jobs.close()
            await intake.close()
            await database.close()

        return build_api(context, open_context, close_context)


def _server_secret(args: AppArgs) -> str:
    """What key digests are keyed with: the environment's, else one of our own that stays with the data."""
    return os.environ.get(SERVER_SECRET_VARIABLE) or read_or_create_secret(args.data_dir / SERVER_SECRET_FILE)
