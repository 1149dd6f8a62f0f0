"""Process runs in the terminal: one open workflow, a progress display, and an orderly end."""

import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from loguru import logger

from graph.build import Workflow
from graph.following import document
from graph.opening.checkpointer import unusable
from graph.state import OutputState
from graph.terminal.console import print_json, print_result
from graph.terminal.next_steps import tell_beside, ways_on_with
from graph.terminal.run_progress import Watcher
from graph.terminal.stopping import until_stopped
from graph.wiring import open_workflow
from tools.errors import InputError, PeituError
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.setup.settings import load_settings
from tools.sqlite.batch_records import find_segment
from tools.sqlite.database import Database
from tools.sqlite.liveness import RUN_INDEX
from tools.sqlite.owners import owners_folder
from tools.sqlite.records import find_run
from tools.sqlite.unfinished import with_what_is_missing

Step = Callable[[Workflow, Watcher, str], Awaitable[OutputState]]
"""Brings the run with this id as far as it goes and returns its result document."""


def follow(
    config: Path | None,
    overrides: Mapping[str, Any],
    run_id: str,
    step: Step,
    *,
    database_path: Path,
    as_json: bool,
) -> NoReturn:
    """Work on the run, print what came of it, and exit: 0 all is there, 1 something is missing.

    Raises:
        InputError: There is no such run.
        ConfigError: The configuration or a database cannot be used; nothing was started.
    """

    def last_word() -> None:
        if as_json:
            print_json(_so_far(config, overrides, run_id, database_path))

    def has_begun() -> bool:
        return bool(find_run(database_path, run_id) or find_segment(database_path, run_id))

    work = work_through(config, overrides, [run_id], step, database_path=database_path)
    found = until_stopped(work, go_on=run_id, last_word=last_word, has_begun=has_begun)[0]
    if as_json:
        print_json(found)
        tell_beside([] if found["success"] else ways_on_with(found))
    else:
        print_result(found)
    sys.exit(0 if found["success"] else 1)


def _so_far(config: Path | None, overrides: Mapping[str, Any], run_id: str, database_path: Path) -> OutputState:
    """Return the result document of a run that was stopped."""
    recorded = find_run(database_path, run_id)
    if recorded is None:
        return document(run_id, {})
    found = with_what_is_missing(recorded, count=load_settings(config, overrides).images.count)
    return document(run_id, {**found, "success": False})


async def work_through(
    config: Path | None, overrides: Mapping[str, Any], run_ids: Sequence[str], step: Step, *, database_path: Path
) -> list[OutputState]:
    """Run the step for each run, one after the other, and return the result documents in this order.

    A run that breaks off gets a document without success, whose notes say why; the next one follows.

    Raises:
        InputError: There is no such run.
        ConfigError: The configuration or a database cannot be used; nothing was started.
    """
    documents: list[OutputState] = []
    if not run_ids:
        return documents
    database = Database(database_path)
    leases = Leases(database, owners_folder(database_path))
    try:
        async with open_workflow(config, overrides=overrides) as workflow:
            with Watcher() as watch:
                leased = _leased(step, leases)
                for run_id in run_ids:
                    with logger.contextualize(run=run_id):
                        documents.append(await _guarded(workflow, watch, run_id, leased, only=len(run_ids) == 1))
    finally:
        leases.close()
        await database.close()
    return documents


def _leased(step: Step, leases: Leases) -> Step:
    """Return a step that holds the lease on the whole run, so that others see that somebody works on it."""

    async def leased(workflow: Workflow, watch: Watcher, run_id: str) -> OutputState:
        await leases.take(run_id, RUN_INDEX)
        found = await step(workflow, watch, run_id)
        leases.release(run_id, RUN_INDEX)  # Not if it breaks off: the lease of a dead owner marks the run as stopped.
        return found

    return leased


async def send_again(database_path: Path, run_ids: Sequence[str]) -> None:
    """Give up the held requests of the runs, because the user said so; continuing the runs then buys these pictures.

    Raises:
        ConfigError: The database cannot be used.
    """
    database = Database(database_path)
    try:
        for run_id in run_ids:
            await Ledger(database).give_up_unknown(run_id)
    finally:
        await database.close()


async def _guarded(workflow: Workflow, watch: Watcher, run_id: str, step: Step, *, only: bool) -> OutputState:
    try:
        return await step(workflow, watch, run_id)
    except sqlite3.Error as error:
        reason = str(unusable(error))
    except PeituError as error:
        if only and isinstance(error, InputError):
            raise
        reason = str(error)
    logger.error("The run stopped early: {}", reason)
    return {**document(run_id, {}), "notes": [f"The run stopped early: {reason}"]}
