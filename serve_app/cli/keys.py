"""`emblem keys`."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from serve_app.cli.client import Server

commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys (needs the scope admin).")


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for lists.")],
    scope: Annotated[list[str], typer.Option(help="generate, train or admin; may be given more than once.")] = [  # noqa: B006
        "generate"
    ],
    expires_in_days: Annotated[int | None, typer.Option(min=1)] = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="POSTs that draw; absent: no limit.")] = None,
    images_per_minute: Annotated[int | None, typer.Option(min=1)] = None,
    concurrent_generations: Annotated[int | None, typer.Option(min=1, help="Waiting or drawn at once.")] = None,
    device_s_per_day: Annotated[int | None, typer.Option(min=1, help="Seconds of the device in 24 hours.")] = None,
    highest_priority: Annotated[str | None, typer.Option(help="batch: never interactive; absent: any.")] = None,
) -> None:
    """Make a key and print it, this once."""
    limits = {
        "requests_per_minute": requests_per_minute,
        "images_per_minute": images_per_minute,
        "concurrent_generations": concurrent_generations,
        "device_s_per_day": device_s_per_day,
        "highest_priority": highest_priority,
    }
    body: dict[str, Any] = {"name": name, "scopes": scope, "limits": limits}
    if expires_in_days is not None:
        body["expires_in_days"] = expires_in_days
    key = Server.from_environment().call("POST", "/v1/keys", body).json()
    Console(stderr=True).print(f"key {key['id']} for {name!r}; it is not shown again", highlight=False)
    typer.echo(key["key"])


@commands.command("list")
def list_keys() -> None:
    """List all keys, without their secrets."""
    table = Table(
        Column("id", min_width=10, no_wrap=True), "name", "scopes", "limits", "created", "expires", "last used", "state"
    )
    for key in Server.from_environment().call("GET", "/v1/keys").json()["data"]:
        days = [(key[name] or "never")[:10] for name in ("created_at", "expires_at", "last_used_at")]
        state = "revoked" if key["revoked_at"] else "valid"
        limits = [f"{limit} {name.replace('_', ' ')}" for name, limit in key["limits"].items() if limit]
        table.add_row(
            key["id"], key["name"], "\n".join([" ".join(key["scopes"]), ", ".join(limits)]).strip(), *days, state
        )
    Console().print(table)


@commands.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The id from 'emblem keys list'.")]) -> None:
    """Revoke a key, from its next request on."""
    Server.from_environment().call("DELETE", f"/v1/keys/{key_id}")
    typer.echo(f"revoked {key_id}")
