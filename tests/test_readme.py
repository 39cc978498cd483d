"""Every command in the README and its pages is run by a test, or is how the tests themselves are run."""

import re
import subprocess

from tests.graph import ROOT
from tests.readme import README, blocks, command_lines, text

RUN_BY = {
    "make run": "tests/test_ray_graph.py",
    "make test": "Makefile",
    "make glyphs": "Makefile",
    "python -m train.starter all": "tests/test_starter_recipes.py",
    "emblem train lint": "tests/test_cli_train.py",
    "emblem train style": "tests/test_cli_train.py",
    "JOB=$(emblem train submit": "tests/test_cli_fine_tuning.py",
    "emblem train jobs": "tests/test_cli_fine_tuning.py",
    "emblem train logs": "tests/test_cli_fine_tuning.py",
    "emblem train cancel": "tests/test_cli_fine_tuning.py",
    "ray job submit": "tests/test_ray_training.py",
    "source .venv/bin/activate": "Makefile",
    "emblem icon": "tests/test_ray_graph.py",
    "emblem splash": "tests/test_ray_graph.py",
    "emblem export": "tests/test_cli.py",
    "emblem set": "tests/test_cli_sets.py",
    "emblem styles create": "tests/test_cli_styles.py",
    "emblem keys create": "tests/test_cli.py",
    "emblem users create": "tests/test_cli.py",
    "curl -s": "tests/test_ray_graph.py",
    "curl --fail": "tests/test_cli_controls.py",
    "grep": "tests/test_ray_graph.py",
    "serve run": "tests/test_ray_commands.py",
    "serve deploy": "tests/test_ray_commands.py",
    "serve status": "tests/test_ray_commands.py",
    "emblem models pull": "tests/test_cli.py",
    "emblem models publish": "tests/test_cli_registry.py",
    "emblem models promote": "tests/test_cli_registry.py",
    "emblem models rollback": "tests/test_cli_registry.py",
}


def test_every_command_is_run_by_a_test() -> None:
    starts = list(RUN_BY)
    for line in command_lines():
        (start,) = (start for start in starts if line.startswith(start))
        if RUN_BY[start].endswith(".py"):
            assert f'command("{start}")' in (ROOT / RUN_BY[start]).read_text(), f"{RUN_BY[start]} does not run {line!r}"
        starts.remove(start)
    assert not starts, "listed here, and not in the README"
    assert len(blocks("python")) == 1


def test_make_knows_every_target_that_the_readme_names() -> None:
    for target in set(re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)$", text(), re.MULTILINE)):
        name = "".join(target)
        assert subprocess.run(["make", "-n", name], cwd=ROOT, capture_output=True).returncode == 0, name


def test_files_that_the_readme_names_exist() -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text()
    names = re.findall(r"\b([a-z_]+(?:/[a-z_]+)*\.(?:py|yaml))\b", tree)
    assert len(names) > 10
    for name in names:
        found = [(ROOT / name).exists(), *ROOT.glob(f"*/{name}"), *ROOT.glob(f"*/engine/{name}")]
        assert any(found), name


def test_measured_figures_are_those_of_the_last_benchmark() -> None:
    results = (ROOT / "bench" / "results" / "results.md").read_text()
    rows = [line for line in README.read_text().split("## Measured")[1].splitlines() if line.startswith("| ")]
    assert len(rows) >= 8
    for row in rows:
        assert row in results, row
