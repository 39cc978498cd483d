"""`emblem train submit`, `jobs`, `logs`, `pause`, `resume` and `cancel`: training on the server, through its API."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from serve_app.cli.client import CliError, Server

JOBS = "/v1/fine_tuning/jobs"
PAGE = 100

JobId = Annotated[str, typer.Argument(help="The id from 'emblem train jobs'.")]


def submit(
    data: Annotated[Path, typer.Option(help="A zip archive of pictures with captions.")],
    name: Annotated[str, typer.Option(help="Of the style: small letters, digits and dashes.")],
    trigger: Annotated[str, typer.Option(help="The word that will call the style.")] = "emblemstyle",
    recipe: Annotated[str | None, typer.Option(help="Absent: the profile's own.")] = None,
    class_prompt: Annotated[str, typer.Option(help="What an object is one of; absent: the captions.")] = "",
    steps: Annotated[int | None, typer.Option(min=1, help="Absent: the recipe's own, as the next two.")] = None,
    rank: Annotated[int | None, typer.Option(min=1)] = None,
    learning_rate: Annotated[float | None, typer.Option()] = None,
    optimizer: Annotated[str | None, typer.Option(help="adamw, or prodigy, which finds its own rate.")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    license: Annotated[str, typer.Option(help="Of the adapter.")] = "",
    promote: Annotated[bool, typer.Option("--promote", help="Wait, and make it live if its gates hold.")] = False,
) -> None:
    """Upload a data set and have a style trained from it; prints the job's id.

    With --promote it says each step until the version is live, and prints the version's id.
    """
    if not data.is_file():
        raise CliError(f"there is no file {data}; a data set is sent as a zip archive")
    server = Server.from_environment()
    body: dict[str, Any] = {"suffix": name, "trigger": trigger, "license": license, "promote": promote}
    body["class_prompt"] = class_prompt
    chosen = {"steps": steps, "rank": rank, "learning_rate": learning_rate, "optimizer": optimizer}
    body["hyperparameters"] = {key: value for key, value in chosen.items() if value is not None}
    body |= {key: value for key, value in {"recipe": recipe, "seed": seed}.items() if value is not None}
    body["training_file"] = server.upload(data, "dataset")["id"]
    job_id = server.call("POST", JOBS, body).json()["id"]
    typer.echo(job_id, err=promote)
    if promote:
        _follow(server, job_id)
        _conclude(server, job_id)


def jobs() -> None:
    """List your fine-tuning jobs, the newest first."""
    table = Table("id", "name", "status", "progress", "created", "model")
    for job in Server.from_environment().call("GET", f"{JOBS}?limit={PAGE}").json()["data"]:
        created = datetime.fromtimestamp(job["created_at"], UTC).strftime("%Y-%m-%d %H:%M")
        model = job["fine_tuned_model"] or (job["error"] or {}).get("message", "")
        table.add_row(job["id"], job["suffix"], job["status"], f"{job['progress']:.0%}", created, model)
    Console().print(table)


def logs(
    job_id: JobId, follow: Annotated[bool, typer.Option("-f", "--follow", help="Until the job has ended.")] = False
) -> None:
    """Tell what has happened to a job, and with -f what happens; exit status 1 when it has failed."""
    server = Server.from_environment()
    if follow:
        _follow(server, job_id)
    else:
        for event in reversed(_events(server, job_id)):
            typer.echo(_line(event))
    _conclude(server, job_id)


def cancel(job_id: JobId) -> None:
    """Cancel a job; a run that is under way stops within a minute, and its last checkpoint is kept."""
    job = Server.from_environment().call("POST", f"{JOBS}/{job_id}/cancel").json()
    typer.echo(f"{job_id} is {job['status']}")


def pause(job_id: JobId) -> None:
    """Pause a job; a run that is under way stops within a minute, and 'resume' goes on from its last checkpoint."""
    job = Server.from_environment().call("POST", f"{JOBS}/{job_id}/pause").json()
    typer.echo(f"{job_id} is {'stopping, to pause' if job['status'] == 'running' else job['status']}")


def resume(job_id: JobId) -> None:
    """Have a paused job wait for its turn again."""
    job = Server.from_environment().call("POST", f"{JOBS}/{job_id}/resume").json()
    typer.echo(f"{job_id} is {job['status']}")


def _conclude(server: Server, job_id: str) -> None:
    """Raises CliError for what has failed, and for a version that was to be live and is not."""
    job = server.call("GET", f"{JOBS}/{job_id}").json()
    if job["error"]:
        raise CliError(f"{job_id} has failed: {job['error']['message']}")
    if job["fine_tuned_model"]:
        typer.echo(job["fine_tuned_model"])
    if job["promotion"] and job["promotion"]["status"] == "refused":
        raise CliError(job["promotion"]["message"])


def _follow(server: Server, job_id: str) -> None:
    steps = server.call("GET", f"{JOBS}/{job_id}").json()["hyperparameters"]["steps"]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("waiting", total=steps)
        for event in server.follow(f"{JOBS}/{job_id}/events"):
            if event["type"] == "metrics":
                loss = event["data"].get("loss")
                words = "training" if loss is None else f"training, loss {loss:.4f}"
                progress.update(bar, completed=event["data"]["step"], description=words)
            else:
                progress.console.print(_line(event), markup=False, highlight=False, soft_wrap=True)


def _events(server: Server, job_id: str) -> list[dict[str, Any]]:
    """The newest first."""
    events: list[dict[str, Any]] = []
    has_more, after = True, ""
    while has_more:
        page = server.call("GET", f"{JOBS}/{job_id}/events?limit={PAGE}{after}").json()
        events += page["data"]
        has_more, after = page["has_more"], f"&after={page['last_id']}"
    return events


def _line(event: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(event["created_at"], UTC).strftime("%H:%M:%S")
    numbers = {name: value for name, value in (event["data"] or {}).items() if name != "step"}
    return "  ".join([when, event["message"], *(f"{name} {value:.4g}" for name, value in numbers.items())])
