"""All of fine-tuning, put together from its parts and opened with the gateway."""

from dataclasses import dataclass
from functools import partial

from serve_app.db.database import Database
from serve_app.files.store import FileStore
from serve_app.fine_tuning.check import DataSetCheck
from serve_app.fine_tuning.drive import Drive, Promote
from serve_app.fine_tuning.driver import Driver
from serve_app.fine_tuning.runs import Runs
from serve_app.fine_tuning.store import FineTuningStore
from serve_app.fine_tuning.workplace import Workplace


@dataclass(frozen=True)
class FineTuning:
    store: FineTuningStore
    runs: Runs
    workplace: Workplace
    driver: Driver


def build_fine_tuning(
    database: Database, files: FileStore, runs: Runs, workplace: Workplace, check: DataSetCheck, promote: Promote
) -> FineTuning:
    store = FineTuningStore(database)
    driver = Driver(store, partial(Drive, database, store, files, check, runs, workplace, promote), workplace.poll_s)
    return FineTuning(store, runs, workplace, driver)
