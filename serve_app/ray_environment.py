"""The environment of a local Ray cluster. Ray reads it when it is imported, so it must be in place before that."""

from pathlib import Path

from serve_app.auth.secret_file import read_or_create_secret

RAY_TOKEN_FILE = "ray.token"


def ray_environment(data_dir: Path) -> dict[str, str]:
    """Also what a shell needs to talk to the cluster: whoever reaches it without the token could run anything."""
    token_path = data_dir / RAY_TOKEN_FILE
    read_or_create_secret(token_path)
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_path),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",  # 5 s are short where replicas import torch meanwhile
    }
