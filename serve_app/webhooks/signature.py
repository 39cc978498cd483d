"""Proof that a webhook is ours, as https://www.standardwebhooks.com has it and OpenAI's clients check it."""

import base64
import hashlib
import hmac

PREFIX = "whsec_"


def secret_of(key_id: str, server_secret: str) -> str:
    """Of an API key, for as long as the server's secret is the same; it lies nowhere."""
    digest = hmac.new(server_secret.encode(), f"webhook {key_id}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(digest).decode()


def signed(secret: str, event_id: str, timestamp_s: int, content: bytes) -> dict[str, str]:
    """The headers that go with it."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{event_id}.{timestamp_s}.".encode() + content, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": event_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": signature}
