"""AppArgs: what `serve run … key=value` may say."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from serve_app.settings import AppArgs


def test_defaults_are_a_starter_below_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBLEM_DATA_DIR", str(tmp_path))
    args = AppArgs()
    assert (args.profile, args.data_dir, args.models_dir) == ("starter", tmp_path, tmp_path / "models")
    assert args.database_url == f"sqlite:///{tmp_path}/emblem.db"
    assert args.image_store_url == f"file://{tmp_path}/images"


def test_strings_of_the_command_line_become_what_is_meant() -> None:
    args = AppArgs.model_validate({"data_dir": "relative", "generation_timeout_s": "60"})
    assert (args.data_dir, args.generation_timeout_s) == (Path("relative").absolute(), 60.0)
    assert args.models_dir == Path("relative").absolute() / "models"


@pytest.mark.parametrize(
    "args", [{"profil": "starter"}, {"profile": "huge"}, {"generation_timeout_s": "0"}, {"event_retention_h": "0"}]
)
def test_unknown_or_impossible_arguments_are_refused(args: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        AppArgs.model_validate(args)
