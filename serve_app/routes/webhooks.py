"""What a receiver of webhooks checks them with."""

from fastapi import APIRouter

from serve_app.deps import Context, Generator
from serve_app.webhooks.schemas import WebhookSecret

router = APIRouter(tags=["webhooks"])


@router.get("/webhook-secret")
def read_webhook_secret(context: Context, caller: Generator) -> WebhookSecret:
    """Of the API key that asks. Webhooks are signed as https://www.standardwebhooks.com says."""
    return WebhookSecret(secret=context.keys.webhook_secret(caller.key_id))
