"""Settings become tools, tools become a workflow. Only here and in `graph.cli` are settings read."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

import aiosqlite
import httpx
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from graph.build import Tools, Workflow, build_graph
from graph.route import Candidate, Routes
from graph.sync import LoopThread, SyncWorkflow
from nodes.prompt import PromptDefaults
from tools import sketch
from tools.dashscope import DashScope
from tools.database import Database
from tools.errors import ConfigError
from tools.http import make_client
from tools.labels import aigc_label
from tools.ledger import Ledger
from tools.limits import Limiter
from tools.llm import LanguageModel
from tools.modelscope import ModelScope
from tools.oss import OSSUploader
from tools.provider import ImageProvider
from tools.records import Records, Uploads
from tools.settings import ImageService, Settings, environment_value, load_settings, oss_environment
from tools.tasks import Service, TaskRunner

KEY_VARIABLES = {"modelscope": "MODELSCOPE_API_KEY", "dashscope": "DASHSCOPE_API_KEY"}
NO_KEYS: Mapping[str, str] = {}
OSS_NEEDED = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_ENDPOINT", "OSS_BUCKET_NAME")


class open_workflow:  # noqa: N801 - used like a function: `with open_workflow() as workflow`
    """Open the compiled graph with its tools and checkpointer; `async with` gives LangGraph's own object, `with` a synchronous one.

    `config` names a configuration file; `overrides` maps settings to values, e.g. ``{"output_dir": "pictures"}``; `keys` maps names of
    variables to keys, e.g. ``{"MODELSCOPE_API_KEY": …}``. What is left out comes from the environment, `.env` and `config.yaml`.

    Raises:
        ConfigError: The configuration or a database cannot be used; the message says what to do.
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
        settings = load_settings(self._config, self._overrides)
        tools = await self._stack.enter_async_context(open_tools(settings, keys=self._keys))
        await tools.records.open()
        checkpointer = await self._stack.enter_async_context(open_checkpoints(settings.checkpoints.path))
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
            self._thread.run(self.__aexit__(kind, error, trace))
            self._thread.close()


@asynccontextmanager
async def make_graph() -> AsyncIterator[Workflow]:
    """Give LangGraph Studio the graph; its server brings a checkpointer of its own.

    It asks for every run anew, so that the tools are kept: all runs of the server share one limiter a provider. Every step inside `generate`
    is checkpointed, so that Studio shows it.
    """
    loop = asyncio.get_running_loop()
    if loop not in _server_tools:
        _server_tools[loop] = await AsyncExitStack().enter_async_context(open_tools(load_settings()))
    yield build_graph(_server_tools[loop], checkpoint_images=True)


_server_tools: WeakKeyDictionary[asyncio.AbstractEventLoop, Tools] = WeakKeyDictionary()
"""Open until the server ends. The database has written whatever a node awaited; nothing else needs closing."""


async def draw_mermaid(settings: Settings) -> str:
    """Return the graph, with the subgraph of an image, as Mermaid text."""
    async with open_tools(settings) as tools:
        return build_graph(tools, checkpoint_images=True).get_graph(xray=True).draw_mermaid()


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """Open LangGraph's checkpoints. WAL with `synchronous=NORMAL`: survives a kill; a power cut may cost the last step, which the ledger covers.

    Raises:
        ConfigError: The file cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = await aiosqlite.connect(path, timeout=60)
    except (OSError, aiosqlite.Error) as error:
        raise ConfigError(f"The checkpoints {str(path)!r} cannot be opened ({error}) - set checkpoints.path to another file") from error
    try:
        await connection.execute("PRAGMA synchronous=NORMAL")
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        yield saver
    finally:
        await connection.close()


@asynccontextmanager
async def open_tools(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> AsyncIterator[Tools]:
    """Make the tools that the settings describe, and close them at the end: answers on their way first, the database last."""
    database = Database(settings.database.path)
    client = make_client()
    ledger = Ledger(database)
    runner = TaskRunner(ledger=ledger, client=client)
    services = make_services(settings, client=client, keys=keys)
    uploader = None if missing_for_upload() else make_uploader(database)
    try:
        yield Tools(
            routes=make_routes(settings, services, keys=keys),
            services=services,
            runner=runner,
            ledger=ledger,
            records=Records(database),
            model=language_model(settings, keys=keys),
            uploader=uploader,
            label=lambda produce_id: aigc_label(
                content_producer=settings.labels.content_producer or "peitu", produce_id=produce_id
            ),
            prompt_defaults=_prompt_defaults(settings, services, keys=keys),
            max_content_chars=settings.llm.max_content_chars,
            quality=settings.images.quality,
            upload_by_default=uploads_by_default(settings),
        )
    finally:
        await runner.close()
        await client.aclose()
        if uploader is not None:
            uploader.close()
        await database.close()


def check_ready(settings: Settings, *, provider: str | None, size: str | None, upload: bool | None) -> None:
    """See that what is asked for can be begun, before anything is paid.

    Raises:
        ConfigError: The key of the provider, or an OSS variable, is not set.
        InputError: No provider that is asked for takes this size.
    """
    if provider in KEY_VARIABLES and not environment_value(KEY_VARIABLES[provider]):
        raise ConfigError(f"{KEY_VARIABLES[provider]} is not set - put it in .env, or leave --provider out; `peitu doctor` says where to get it")
    if (upload or settings.storage.upload == "always") and upload is not False and (missing := missing_for_upload()):
        raise ConfigError(f"{', '.join(missing)} not set - uploading needs it; put it in .env, or pass --no-upload")
    width_px, height_px = map(int, (size or settings.images.size).split("x"))
    routes = make_routes(settings, make_services(settings, client=make_client()))
    routes.candidates(provider, width_px=width_px, height_px=height_px)


def automatic_providers(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> list[str]:
    """Return what ``auto`` tries, in order: the providers whose key is set, or the offline sketch."""
    keyed: list[str] = [name for name in settings.images.order if find_key(KEY_VARIABLES[name], keys)]
    return keyed or ["sketch"]


def find_key(name: str, keys: Mapping[str, str] = NO_KEYS) -> str | None:
    """Return a key: the given one, else that of the environment or `.env`."""
    return keys.get(name) or environment_value(name)


def uploads_by_default(settings: Settings) -> bool:
    """Tell whether pictures go to OSS when a run does not say."""
    return settings.storage.upload == "always" or (settings.storage.upload == "auto" and not missing_for_upload())


def missing_for_upload() -> list[str]:
    """Return the OSS variables that an upload needs and that are not set."""
    known = oss_environment()
    return [name for name in OSS_NEEDED if name not in known]


def language_model(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> LanguageModel | None:
    """Return the model of `llm.provider`, or `None` where there is none or its key is not set."""
    if settings.llm.provider == "none":
        return None
    service = settings.llm.providers[settings.llm.provider]
    key = find_key(service.api_key_env, keys) if service.api_key_env else None
    if service.api_key_env and key is None:
        return None
    return LanguageModel(
        base_url=service.base_url,
        model=service.model,
        api_key=key,
        temperature=service.temperature,
        timeout_s=service.timeout_s,
    )


def make_services(
    settings: Settings, *, client: httpx.AsyncClient, keys: Mapping[str, str] = NO_KEYS
) -> dict[str, Service]:
    """Return the providers with their rules; a missing key is found at the first call."""
    images = settings.images
    modelscope = ModelScope(
        api_key=find_key(KEY_VARIABLES["modelscope"], keys),
        client=client,
        base_url=images.modelscope.base_url,
        model=images.modelscope.model,
    )
    dashscope = DashScope(
        api_key=find_key(KEY_VARIABLES["dashscope"], keys),
        client=client,
        base_url=images.dashscope.base_url,
        model=images.dashscope.model,
    )
    return {
        "modelscope": _service(modelscope, images.modelscope),
        "dashscope": _service(dashscope, images.dashscope),
    }


def make_routes(
    settings: Settings, services: Mapping[str, Service], *, keys: Mapping[str, str] = NO_KEYS
) -> Routes:
    """Return the routes over these services and the offline sketch."""
    candidates = {
        name: Candidate(name=name, attempts=service.attempts, refusal=service.provider.refusal)
        for name, service in services.items()
    }
    candidates["sketch"] = Candidate(name="sketch", attempts=1, refusal=sketch.refusal)
    return Routes(candidates, auto=automatic_providers(settings, keys=keys))


def _service(provider: ImageProvider, rules: ImageService) -> Service:
    return Service(
        provider=provider,
        limiter=Limiter(rate_per_s=rules.rate_per_s, max_in_flight=rules.max_in_flight),
        deadline_s=rules.deadline_s,
        attempts=rules.attempts,
        on_lost_reply=rules.on_lost_reply,
        first_poll_s=rules.first_poll_s,
    )


def make_uploader(database: Database | None) -> OSSUploader:
    """Return the uploader that the OSS variables describe.

    Raises:
        ConfigError: A variable is not valid; the message names it.
    """
    return OSSUploader(uploads=Uploads(database) if database else None)


def _prompt_defaults(
    settings: Settings, services: Mapping[str, Service], *, keys: Mapping[str, str]
) -> PromptDefaults:
    width_px, height_px = map(int, settings.images.size.split("x"))
    candidates = [service for name, service in services.items() if name in automatic_providers(settings, keys=keys)]
    return PromptDefaults(
        count=settings.images.count,
        style=settings.style,
        width_px=width_px,
        height_px=height_px,
        output_dir=str(settings.output_dir),
        prompt_limit=min(service.provider.prompt_limit for service in candidates or services.values()),
    )
