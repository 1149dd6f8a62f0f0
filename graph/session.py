"""Work through runs in the terminal: one open workflow, a watcher that shows how it goes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loguru import logger

from graph.build import Workflow
from graph.console import Watcher
from graph.runs import Watch, document
from graph.state import OutputState
from graph.wiring import open_workflow
from tools.errors import InputError, PeituError

Step = Callable[[Workflow, Watch, str], Awaitable[OutputState]]
"""Takes a run id and brings that run as far as it goes."""


async def work_through(
    config: Path | None, overrides: Mapping[str, Any], run_ids: Sequence[str], step: Step
) -> list[OutputState]:
    """Return the result documents, in the order of the run ids.

    A run that breaks off is a document without success, whose notes say why; the next one goes on.

    Raises:
        InputError: There is no such run.
        ConfigError: The configuration or a database cannot be used; nothing was started.
    """
    documents: list[OutputState] = []
    async with open_workflow(config, overrides=overrides) as workflow:
        with Watcher() as watch:
            for run_id in run_ids:
                with logger.contextualize(run=run_id):
                    documents.append(await _guarded(workflow, watch, run_id, step))
    return documents


async def _guarded(workflow: Workflow, watch: Watch, run_id: str, step: Step) -> OutputState:
    try:
        return await step(workflow, watch, run_id)
    except InputError:
        raise
    except PeituError as error:
        logger.error("The run broke off: {}", error)
        return {**document(run_id, {}), "notes": [f"The run broke off: {error}"]}
