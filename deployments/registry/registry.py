"""The registry: a folder of immutable versions, of styles and of parts of models, and for each name which is what.

    adapters/NAME/stages.json              candidate, canary, live, previous, retired: replaced whole, under a lock
    adapters/NAME/VERSION/                 weights, card.json, samples.png; manifest.json, written last

What it says is what replicas come to serve (`deployments/follower.py`).
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from deployments.errors import Conflict, NotFound, Unavailable
from deployments.registry.files import sync_folder, write_new, write_whole
from deployments.registry.names import is_name, no_adapter, split_id
from deployments.registry.schemas import SAMPLES_FILE, AdapterManifest, Stages

MANIFEST_FILE = "manifest.json"
STAGES_FILE = "stages.json"
LOCK_TIMEOUT_S = 10.0
NO_CANARY = {"canary": None, "canary_share": 0.0}
MAX_PREVIOUS = 20  # steps that a rollback may go back


class AdapterRegistry:
    """All methods read the disk, so that several processes see the same. They raise Unavailable where it is damaged."""

    def __init__(self, root: Path) -> None:
        self._adapters = root / "adapters"

    def names(self) -> list[str]:
        found = (path.parent.name for path in self._adapters.glob(f"*/{STAGES_FILE}"))
        return sorted(name for name in found if is_name(name))

    def stages(self, name: str) -> Stages:
        """Raises NotFound for an adapter that nothing was published of."""
        try:
            return Stages.model_validate_json((self._adapters / name / STAGES_FILE).read_bytes())
        except FileNotFoundError as error:
            raise no_adapter(name) from error
        except (OSError, ValidationError) as error:
            raise _damaged(f"the stages of {name}", error) from error

    def versions(self, name: str) -> list[AdapterManifest]:
        """The newest first."""
        folders = [path.parent for path in (self._adapters / name).glob(f"{'[0-9a-f]' * 8}/{MANIFEST_FILE}")]
        found = [self.read(f"{name}@{folder.name}") for folder in folders]
        return sorted(found, key=lambda manifest: manifest.published_at, reverse=True)

    def read(self, version_id: str) -> AdapterManifest:
        """Of `NAME@VERSION`. Raises NotFound."""
        name, version = split_id(version_id)
        try:
            manifest = AdapterManifest.model_validate_json(
                (self._adapters / name / version / MANIFEST_FILE).read_bytes()
            )
        except (FileNotFoundError, IsADirectoryError) as error:
            raise no_adapter(version_id) from error
        except (OSError, ValidationError) as error:
            raise _damaged(f"the manifest of {version_id}", error) from error
        if manifest.id != version_id:
            raise _damaged(f"the manifest of {version_id}", ValueError(f"it is that of {manifest.id}"))
        return manifest

    def find(self, adapter_id: str) -> AdapterManifest:
        """What a request that says `NAME` (its live version) or `NAME@VERSION` gets. Raises NotFound."""
        name, version = split_id(adapter_id)
        stages = self.stages(name)
        version = version or stages.live or ""
        if not version or version in stages.retired:
            raise no_adapter(adapter_id)
        return self.read(f"{name}@{version}")

    def weights_path(self, manifest: AdapterManifest) -> Path:
        return self._adapters / manifest.name / manifest.version / manifest.weights_file

    def samples(self, version_id: str) -> bytes:
        """A PNG of what was drawn with it before it was published. Raises NotFound, also where there is none."""
        manifest = self.read(version_id)
        if SAMPLES_FILE not in manifest.files:
            raise NotFound(f"{version_id} came without samples", "samples_not_found")
        try:
            return (self._adapters / manifest.name / manifest.version / SAMPLES_FILE).read_bytes()
        except OSError as error:
            raise _damaged(f"the samples of {version_id}", error) from error

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """An empty folder to put a version together in; what is not added is gone after it."""
        made = [folder for folder in (self._adapters, self._adapters.parent) if not folder.exists()]
        self._adapters.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".", dir=self._adapters))
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            with suppress(OSError):  # they are not empty: something was added
                for folder in made:
                    folder.rmdir()

    def add(self, staged: Path, manifest: AdapterManifest) -> None:
        """A candidate from now on, unless it is live. The same content again changes nothing but that."""
        folder = self.weights_path(manifest).parent
        folder.parent.mkdir(exist_ok=True)
        with self._lock(manifest.name):
            stages = self._stages_or_none(manifest.name)
            if not (folder / MANIFEST_FILE).exists():
                write_new(staged / MANIFEST_FILE, manifest.model_dump_json(indent=2).encode() + b"\n")
                sync_folder(staged)
                staged.chmod(0o755)
                staged.replace(folder)
                sync_folder(folder.parent)
            elif self.read(manifest.id).files != manifest.files:
                raise Conflict(f"there is another {manifest.id}", "version_exists", "version")
            if stages.status_of(manifest.version) not in ("live", "canary", "retired"):
                self._write(manifest.name, stages.model_copy(update={"candidate": manifest.version}))

    def promote(self, version_id: str) -> None:
        """Makes it live. Raises NotFound, or Conflict for a retired one."""
        manifest = self.read(version_id)

        def live(stages: Stages) -> Stages:
            if manifest.version in stages.retired:
                raise Conflict(f"{version_id} is retired", "version_retired", "version")
            if stages.live == manifest.version:
                return stages.model_copy(update=NO_CANARY)
            candidate = None if stages.candidate == manifest.version else stages.candidate
            previous = (*stages.previous, stages.live) if stages.live else ()
            kept = previous[-MAX_PREVIOUS:]
            changed = {"candidate": candidate, "live": manifest.version, "previous": kept}
            return stages.model_copy(update=changed | NO_CANARY)

        self._change(manifest.name, live)

    def canary(self, version_id: str, share: float) -> None:
        """Gives it a share of what asks for the adapter, from 0 to 1. Raises NotFound, or Conflict."""
        manifest = self.read(version_id)

        def shared(stages: Stages) -> Stages:
            if manifest.version in stages.retired:
                raise Conflict(f"{version_id} is retired", "version_retired", "version")
            if stages.live in (None, manifest.version):
                reason = "is live" if stages.live else "has no live version to share with"
                raise Conflict(f"{version_id} {reason}", "no_canary", "version")
            candidate = None if stages.candidate == manifest.version else stages.candidate
            changed = {"candidate": candidate, "canary": manifest.version, "canary_share": share}
            return stages.model_copy(update=changed)

        self._change(manifest.name, shared)

    def rollback(self, adapter_id: str) -> str:
        """The version before is live again; returns its id. `NAME@VERSION` goes back only from that version.

        Where there is a canary, its share ends, and the live version stays. Raises NotFound, or Conflict when there is
        none to go back to, or another one is live.
        """
        name, version = split_id(adapter_id)

        def back(stages: Stages) -> Stages:
            if stages.canary and version in ("", stages.canary):
                return stages.model_copy(update=NO_CANARY)
            if version and stages.live != version:
                raise Conflict(f"{adapter_id} is not live", "version_not_live", "version")
            usable = [one for one in stages.previous if one not in stages.retired]
            if not usable:
                raise Conflict(f"{name} has no version to go back to", "no_previous_version", "version")
            return stages.model_copy(update={"live": usable[-1], "previous": tuple(usable[:-1])})

        return f"{name}@{self._change(name, back).live}"

    def retire(self, version_id: str) -> None:
        """No longer to be had. Raises NotFound, or Conflict for the live one: another must be live first."""
        manifest = self.read(version_id)

        def gone(stages: Stages) -> Stages:
            if stages.live == manifest.version:
                raise Conflict(f"{version_id} is live", "version_live", "version")
            candidate = None if stages.candidate == manifest.version else stages.candidate
            retired = tuple(dict.fromkeys((*stages.retired, manifest.version)))
            canary = NO_CANARY if stages.canary == manifest.version else {}
            return stages.model_copy(update={"candidate": candidate, "retired": retired} | canary)

        self._change(manifest.name, gone)

    def _change(self, name: str, change: Callable[[Stages], Stages]) -> Stages:
        self.stages(name)  # a name of nothing makes no folder
        with self._lock(name):
            stages = change(self.stages(name))
            self._write(name, stages)
        return stages

    def _stages_or_none(self, name: str) -> Stages:
        try:
            return self.stages(name)
        except NotFound:
            return Stages()

    def _write(self, name: str, stages: Stages) -> None:
        write_whole(self._adapters / name / STAGES_FILE, stages.model_dump_json(indent=2).encode() + b"\n")

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        try:
            with FileLock(self._adapters / name / ".lock", LOCK_TIMEOUT_S):
                yield
        except Timeout as error:
            raise Unavailable(f"another change of {name} is under way", "registry_busy") from error


def _damaged(what: str, error: Exception) -> Unavailable:
    return Unavailable(f"{what} does not read: {str(error).splitlines()[0]}", "registry_damaged", 30.0)
