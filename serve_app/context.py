"""What the routes work with, opened once per gateway replica and handed to them by `deps.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.image_store import ImageStore
from deployments.specs import Kind, ProfileSpec
from serve_app.audit.trail import Trail
from serve_app.auth.key_store import KeyStore
from serve_app.auth.session_store import SessionStore
from serve_app.auth.user_store import UserStore
from serve_app.db.database import Database
from serve_app.exports.workshop import Workshop
from serve_app.files.store import FileStore
from serve_app.intake.intake import Intake
from serve_app.jobs.dispatcher import Dispatcher
from serve_app.jobs.store import JobStore
from serve_app.metrics import GatewayMetrics
from serve_app.service import Service
from serve_app.sets.store import SetStore
from serve_app.streams.open import OpenStreams


@dataclass(frozen=True)
class GatewayContext:
    profile: ProfileSpec
    services: Mapping[Kind, Service]
    database: Database
    keys: KeyStore
    users: UserStore
    sessions: SessionStore
    image_store: ImageStore
    intake: Intake
    files: FileStore
    job_store: JobStore
    jobs: Dispatcher
    sets: SetStore
    streams: OpenStreams
    metrics: GatewayMetrics
    trail: Trail
    workshop: Workshop
    public_url: str  # what image URLs begin with; empty: the address that the client used
