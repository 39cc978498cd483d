"""Rules of the house, as tests."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "deployments": {"deployments"},
    "train": {"train", "deployments"},
    "serve_app": {"serve_app", "deployments"},
    "bench": {"bench", "serve_app", "deployments", "train", "tests"},
}
TORCH = {"torch", "diffusers", "transformers", "accelerate", "peft"}
TORCH_ROOMS = ("deployments/engine/", "deployments/host.py", "train/", "bench/")
MAX_LINES = 250


def python_files(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from (ROOT / package).rglob("*.py")


def top_level_imports(path: Path, of_module_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if of_module_only else list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    ours = set(MAY_IMPORT) | {"tests"}
    for path in python_files(package):
        assert top_level_imports(path) & ours <= MAY_IMPORT[package], path


def test_only_the_engine_and_training_import_torch() -> None:
    for path in python_files("serve_app", "deployments", "train"):
        if not path.relative_to(ROOT).as_posix().startswith(TORCH_ROOMS):
            assert not top_level_imports(path) & TORCH, path


def test_engine_knows_nothing_of_ray_http_or_storage() -> None:
    for path in (ROOT / "deployments" / "engine").glob("*.py"):
        foreign = {"ray", "fastapi", "starlette", "fsspec", "sqlalchemy", "opentelemetry"}
        assert not top_level_imports(path) & foreign, path


@pytest.mark.parametrize("module", ["serve_app.app", "serve_app.gateway", "serve_app.cli.main"])
def test_binding_serving_and_asking_load_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_builder_module_keeps_its_annotations_real() -> None:
    """Ray Serve validates the arguments only when the annotation is a class and not its name."""
    assert "__future__" not in top_level_imports(ROOT / "serve_app" / "app.py")


def test_no_file_is_over_the_wall() -> None:
    generated = ROOT / "frontend" / "src" / "client"
    sources = [*python_files("serve_app", "deployments", "train", "bench", "tests")]
    sources += [path for path in (ROOT / "frontend" / "src").rglob("*.ts*") if generated not in path.parents]
    assert len(sources) > 60
    for path in sources:
        assert len(path.read_text().splitlines()) <= MAX_LINES, path


def test_nothing_unsafe_is_loaded() -> None:
    words = ("torch.load(", "pickle.", "trust_remote_code=True", "extractall(", "shell=True")
    for path in python_files("serve_app", "deployments", "train", "bench"):
        assert not [word for word in words if word in path.read_text()], path


@pytest.mark.parametrize(("mark", "begins_with"), [("ray", "test_ray_"), ("browser", "test_studio_")])
def test_marked_tests_are_where_make_test_looks_for_them(mark: str, begins_with: str) -> None:
    files = {path for path in (ROOT / "tests").glob("test_*.py") if f"pytest.mark.{mark}\n" in path.read_text()}
    assert len(files) > 3
    assert files == set((ROOT / "tests").glob(f"{begins_with}*.py"))
