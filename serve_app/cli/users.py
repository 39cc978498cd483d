"""`emblem users`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from serve_app.cli.client import CliError, Server

commands = typer.Typer(no_args_is_help=True, help="Make, list and disable users (needs the scope admin).")


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits, dots, hyphens and underscores.")],
    email: Annotated[str | None, typer.Option(help="May stand for the name when they sign in.")] = None,
    role: Annotated[str, typer.Option(help="admin or member.")] = "member",
) -> None:
    """Make a user and print the token with which they set their password, this once."""
    body = {"name": name, "role": role} | ({"email": email} if email else {})
    user = Server.from_environment().call("POST", "/v1/users", body).json()
    Console(stderr=True).print(f"{role} {name!r}, {user['id']}; the token sets a password once", highlight=False)
    typer.echo(user["password_token"])


@commands.command("list")
def list_users() -> None:
    """List all users."""
    table = Table(Column("name", no_wrap=True), "email", "role", "created", "state", Column("id", no_wrap=True))
    for user in _users(Server.from_environment()):
        state = "disabled" if user["disabled_at"] else "active"
        table.add_row(user["name"], user["email"] or "", user["role"], user["created_at"][:10], state, user["id"])
    Console().print(table)


@commands.command()
def disable(name: Annotated[str, typer.Argument(help="The name from 'emblem users list'.")]) -> None:
    """End all keys and sessions of a user, from their next request on."""
    server = Server.from_environment()
    user_id = next((user["id"] for user in _users(server) if user["name"] == name), None)
    if user_id is None:
        raise CliError(f"no user {name!r}; see 'emblem users list'")
    server.call("PATCH", f"/v1/users/{user_id}", {"is_disabled": True})
    typer.echo(f"disabled {name}")


def _users(server: Server) -> list[dict[str, str]]:
    users: list[dict[str, str]] = server.call("GET", "/v1/users").json()["data"]
    return users
