"""LangGraph's checkpoint saver for the one SQLite file that the command line, Python and Studio's server share.

The server takes only UUIDs as thread ids (langgraph-api 0.16.7 refuses others with status 422), while the command line
uses its run ids. So a thread may have a UUID as a second name, kept in the same file.
"""

import json
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from graph.run_options import given_options
from tools.errors import ClosedError

_NAMES = "CREATE TABLE IF NOT EXISTS thread_names (uuid TEXT PRIMARY KEY, thread_id TEXT NOT NULL)"
_SPACE = uuid.UUID("6f0f7a52-1f0e-5b0c-9a55-7065697475aa")


def server_name(thread_id: str) -> str:
    """Return the UUID by which the server knows a thread: always the same one for a thread."""
    return thread_id if _is_uuid(thread_id) else str(uuid.uuid5(_SPACE, thread_id))


class Saver(AsyncSqliteSaver):
    """LangGraph's saver, which accepts both names of a thread."""

    is_closed = False
    """Whether the file is closed; every call of the graph begins with `aget_tuple`, which says so then."""

    async def setup(self) -> None:
        """Create the missing tables."""
        await super().setup()
        async with self.lock:
            await self.conn.execute(_NAMES)
            await self.conn.commit()

    async def introduce(self, thread_ids: Iterable[str]) -> None:
        """Store the second names of the threads."""
        names = [(server_name(thread_id), thread_id) for thread_id in thread_ids if not _is_uuid(thread_id)]
        async with self.lock:
            await self.conn.executemany("INSERT OR IGNORE INTO thread_names VALUES (?, ?)", names)
            await self.conn.commit()

    async def begun(self, thread_ids: Iterable[str]) -> set[str]:
        """Return those of the threads that have a checkpoint."""
        asked = json.dumps(list(thread_ids))
        found = "SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id IN (SELECT value FROM json_each(?))"
        async with self.conn.execute(found, (asked,)) as rows:
            return {str(row[0]) async for row in rows}

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint of the thread, the last one unless the config names another.

        Raises:
            ClosedError: The workflow was closed before.
        """
        if self.is_closed:
            raise ClosedError("The workflow is closed - open it again with `open_workflow()`")
        known = await self._known(config)
        found = await super().aget_tuple(known)
        if found is None:
            return None
        return _of_today(found if known is config else _renamed(found, _thread(config)))

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield the checkpoints of the thread, the newest first."""
        known = await self._known(config) if config else None
        async for found in super().alist(known, filter=filter, before=before, limit=limit):
            yield _of_today(found if known is config or config is None else _renamed(found, _thread(config)))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint."""
        known = await self._known(config)
        written = await super().aput(known, checkpoint, metadata, new_versions)
        return written if known is config else _with_thread(written, _thread(config))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Write the results of a task of the next step."""
        await super().aput_writes(await self._known(config), writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete the checkpoints of the thread; the records of its runs and its pictures stay."""
        await super().adelete_thread(await self._first_name(thread_id))

    async def adelete_for_runs(self, run_ids: Iterable[str]) -> None:
        """Delete the checkpoints of runs by the server's run ids (not Peitu's), e.g. of one that was rolled back."""
        async with self.lock:
            for run_id in run_ids:
                # The metadata is JSON, kept as bytes.
                of_run = "json_extract(CAST(metadata AS TEXT), '$.run_id') = ?"
                await self.conn.execute(f"DELETE FROM checkpoints WHERE {of_run}", (run_id,))  # noqa: S608
            await self.conn.commit()

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all checkpoints of the threads but the last, or with the strategy ``delete_all`` the whole threads."""
        for thread_id in thread_ids:
            if strategy == "delete_all":
                await self.adelete_thread(thread_id)
            else:
                await self._keep_latest(await self._first_name(thread_id))

    async def _keep_latest(self, thread_id: str) -> None:
        last = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = :thread AND checkpoint_ns = '')"
        earlier = f"thread_id = :thread AND (checkpoint_ns <> '' OR checkpoint_id < {last})"
        async with self.lock:
            for table in ("writes", "checkpoints"):
                await self.conn.execute(f"DELETE FROM {table} WHERE {earlier}", {"thread": thread_id})  # noqa: S608
            await self.conn.commit()

    async def _known(self, config: RunnableConfig) -> RunnableConfig:
        """Return the config with the first name of its thread; the same object if it has that name already."""
        thread_id = _thread(config)
        first = await self._first_name(thread_id)
        return config if first == thread_id else _with_thread(config, first)

    async def _first_name(self, thread_id: str) -> str:
        if not _is_uuid(thread_id):
            return thread_id
        async with self.conn.execute("SELECT thread_id FROM thread_names WHERE uuid = ?", (thread_id,)) as rows:
            row = await rows.fetchone()
        return str(row[0]) if row else thread_id


def _thread(config: RunnableConfig) -> str:
    return str(config["configurable"]["thread_id"])


def _with_thread(config: RunnableConfig, thread_id: str) -> RunnableConfig:
    return {**config, "configurable": {**config["configurable"], "thread_id": thread_id}}


def _renamed(found: CheckpointTuple, thread_id: str) -> CheckpointTuple:
    """Return the checkpoint with the thread name that the caller used."""
    parent = found.parent_config and _with_thread(found.parent_config, thread_id)
    return found._replace(config=_with_thread(found.config, thread_id), parent_config=parent)


def _of_today(found: CheckpointTuple) -> CheckpointTuple:
    """Return a checkpoint of an earlier version with the options of its run moved out of the inputs.

    Inputs are cleared by the next step: a run that was asked for without an upload would then be uploaded.
    """
    values, versions = found.checkpoint["channel_values"], found.checkpoint["channel_versions"]
    is_run = "run_id" in values and not found.config["configurable"].get("checkpoint_ns")
    if not is_run or "options" in values:
        return found
    changes = {
        "channel_values": {**values, "options": given_options(values)},
        "channel_versions": {**versions, "options": versions["run_id"]},
    }
    return found._replace(checkpoint=cast("Checkpoint", {**found.checkpoint, **changes}))


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False
