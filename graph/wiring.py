"""Open the workflow: the graph with its tools and its checkpoints, for Python, the command line and Studio.

Settings are loaded only here, in the commands, and by Studio's server.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from langchain_core.runnables.graph import Graph

from graph.build import Workflow, build_graph
from graph.opening.assembly import check_keys_known, open_tools
from graph.opening.checkpointer import open_checkpoints
from graph.opening.sync import SyncWorkflow
from graph.studio.server import server_of
from tools.loop_thread import LoopThread
from tools.pictures.folders import check_folder
from tools.setup.configuration import Settings
from tools.setup.log import be_quiet
from tools.setup.settings import load_settings


class open_workflow:  # noqa: N801 - used like a function: `with open_workflow() as workflow`
    """Open the workflow; `async with` gives LangGraph's own compiled graph, `with` a synchronous wrapper of it.

    `config` names a configuration file; `overrides` maps settings to values, e.g. ``{"output_dir": "pictures"}``;
    `keys` maps variables of image and language models to keys, e.g. ``{"MODELSCOPE_API_KEY": …}``. What is left out
    comes from the environment, `.env` and `config.yaml`.

    Raises:
        ConfigError: The configuration, a key or a database cannot be used; the message says what to do.
    """

    def __init__(
        self,
        config: str | Path | None = None,
        *,
        overrides: Mapping[str, Any] | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self._config = Path(config) if config else None
        self._overrides = overrides
        self._keys = keys or {}
        self._stack = AsyncExitStack()
        self._thread: LoopThread | None = None

    async def __aenter__(self) -> Workflow:
        be_quiet()
        settings = load_settings(self._config, self._overrides)
        check_keys_known(self._keys, settings)
        check_folder(settings.output_dir)
        async with AsyncExitStack() as opening:
            tools = await opening.enter_async_context(open_tools(settings, keys=self._keys))
            await tools.records.open()
            checkpointer = await opening.enter_async_context(open_checkpoints(settings.checkpoints.path))
            self._stack = opening.pop_all()
        return build_graph(tools, checkpointer=checkpointer)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    def __enter__(self) -> SyncWorkflow:
        self._thread = LoopThread()
        try:
            return SyncWorkflow(self._thread.run(self.__aenter__()), self._thread)
        except BaseException:
            self._thread.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.close(lambda: self.__aexit__(kind, error, trace))


@asynccontextmanager
async def make_graph() -> AsyncIterator[Workflow]:
    """Return the graph for LangGraph Studio; its server adds the checkpoints, see `graph.studio.checkpoints`.

    The server calls this for every run. The tools are opened only once, so that all runs share one limiter per
    provider. Every step inside `generate` is checkpointed, so that Studio shows it.
    """
    server = await server_of(asyncio.get_running_loop())
    yield build_graph(server.tools, checkpoint_images=True, form=server.form, link=server.link)


async def drawing(settings: Settings) -> Graph:
    """Return the graph with the subgraph `generate`, to be drawn."""
    async with open_tools(settings) as tools:
        return build_graph(tools, checkpoint_images=True).get_graph(xray=True)
