"""What the routes work with, opened once per gateway replica and handed to them by `deps.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.image_store import ImageStore
from deployments.specs import Kind, ProfileSpec
from deployments.tracing import Tracing
from serve_app.adapters.catalogue import Catalogue
from serve_app.audit.trail import Trail
from serve_app.auth.key_store import KeyStore
from serve_app.auth.session_store import SessionStore
from serve_app.auth.user_store import UserStore
from serve_app.circuit import Circuit
from serve_app.db.database import Database
from serve_app.exports.workshop import Workshop
from serve_app.files.store import FileStore
from serve_app.fine_tuning.fine_tuning import FineTuning
from serve_app.intake.intake import Intake
from serve_app.jobs.dispatcher import Dispatcher
from serve_app.jobs.store import JobStore
from serve_app.metrics import GatewayMetrics
from serve_app.moderation.moderator import Moderator
from serve_app.sets.store import SetStore
from serve_app.streams.open import OpenStreams
from serve_app.styles.store import StyleStore
from serve_app.thumbnails import Thumbnails
from serve_app.webhooks.address import WebhookRules


@dataclass(frozen=True)
class GatewayContext:
    profile: ProfileSpec
    services: Mapping[Kind, Circuit]
    database: Database
    keys: KeyStore
    users: UserStore
    sessions: SessionStore
    adapters: Catalogue
    image_store: ImageStore
    intake: Intake
    moderator: Moderator
    files: FileStore
    job_store: JobStore
    jobs: Dispatcher
    sets: SetStore
    styles: StyleStore
    streams: OpenStreams
    metrics: GatewayMetrics
    tracing: Tracing
    trail: Trail
    workshop: Workshop
    fine_tuning: FineTuning
    thumbnails: Thumbnails
    webhook_rules: WebhookRules
    public_url: str  # what image URLs begin with; empty: the address that the client used
