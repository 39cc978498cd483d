"""The doctor's look at this machine: versions, disk, model files, GPU memory. Needs nothing to be running."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from packaging.version import Version

from deployments.errors import ModelFolderError
from deployments.model_folder import read_manifest, verify
from deployments.specs import PROFILES
from serve_app.doctor.finding import Finding, broken, ok
from serve_app.settings import AppArgs

# Lowest versions without a known hole, or with the behaviour that the code relies on.
FLOORS = {
    "ray": "2.60.0", "torch": "2.6", "diffusers": "0.42.1", "pillow": "12.3", "starlette": "1.3.1",
    "fastapi": "0.165", "safetensors": "0.8", "sqlalchemy": "2.1",
}  # fmt: skip
MIN_FREE_DISK_BYTES = 2e9
GPU_MEMORY_MIB = 20_000  # one Icon and one Splash of SDXL in bfloat16, with room for activations


def check_versions(version_of: Callable[[str], str]) -> Finding:
    low = []
    for package, floor in FLOORS.items():
        try:
            installed = version_of(package)
        except PackageNotFoundError:
            low.append(f"{package} is missing")
            continue
        if Version(installed) < Version(floor):
            low.append(f"{package} {installed} is below {floor}")
    if low:
        cause = "the environment was not installed from constraints.txt"
        return broken("versions", "; ".join(low), cause, "pip install -c constraints.txt -e .")
    return ok("versions", f"{len(FLOORS)} packages at or above their floors")


def check_disk(args: AppArgs, free_bytes_at: Callable[[Path], float]) -> Finding:
    folder = _existing(args.data_dir)
    free_bytes = free_bytes_at(folder)
    detail = f"{free_bytes / 1e9:.1f} GB free at {folder}"
    if free_bytes < MIN_FREE_DISK_BYTES:
        cause = f"images and models fill it; {MIN_FREE_DISK_BYTES / 1e9:.0f} GB are the least"
        return broken("disk", detail, cause, f"du -sh {args.data_dir}/*")
    return ok("disk", detail)


def check_model(args: AppArgs) -> Finding:
    """Reads every file of the profile's model and compares it with the manifest."""
    folder = args.models_dir / args.profile
    command = "make run" if args.profile == "starter" else f"emblem models pull {args.profile}"
    try:
        manifest = read_manifest(folder)
    except ModelFolderError as error:
        return broken("model", str(error), "it was never put there, or not completely", command)
    problems = verify(folder)
    if problems:
        return broken("model", "; ".join(problems), "files were changed or damaged after they were put there", command)
    detail = f"{manifest.version}, {len(manifest.files)} files intact in {folder}"
    if manifest.weights == "random":
        return Finding("model", "warning", detail, "its weights are RANDOM: images are noise", "")
    return ok("model", detail)


def check_gpu(args: AppArgs) -> Finding:
    if PROFILES[args.profile].device != "cuda":
        return ok("gpu", f"the profile {args.profile} needs none")
    try:
        gpus = list(_gpus())
    except (OSError, subprocess.SubprocessError) as error:
        cause = "no NVIDIA driver on this machine, or a container without its GPUs"
        return broken("gpu", f"nvidia-smi does not answer: {error}", cause, "nvidia-smi")
    if max((free for _, free, _ in gpus), default=0) < GPU_MEMORY_MIB:
        detail = "; ".join(f"{name}: {free} of {total} MiB free" for name, free, total in gpus) or "no GPU"
        cause = f"one Icon and one Splash want {GPU_MEMORY_MIB} MiB; something else holds the memory"
        return broken("gpu", detail, cause, "nvidia-smi --query-compute-apps=pid,name,used_memory --format=csv")
    return ok("gpu", "; ".join(f"{name}: {free} of {total} MiB free" for name, free, total in gpus))


def free_disk_bytes(folder: Path) -> float:
    return shutil.disk_usage(folder).free


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _gpus() -> Iterator[tuple[str, int, int]]:
    """(name, free MiB, total MiB) of each GPU."""
    query = ["nvidia-smi", "--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"]
    answer = subprocess.run(query, capture_output=True, text=True, check=True, timeout=30)
    for line in answer.stdout.splitlines():
        name, free, total = line.rsplit(",", 2)
        yield name.strip(), int(free), int(total)
