"""From settings and keys to the tools that the nodes work with."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from graph.build import Tools
from graph.route import Candidate, Routes
from nodes.prompt import PromptDefaults
from tools import sketch
from tools.configuration import ImageService, Settings
from tools.dashscope import DashScope
from tools.database import Database
from tools.errors import ConfigError
from tools.health import Health
from tools.http import make_client
from tools.jobs import Service
from tools.labels import aigc_label
from tools.leases import Leases
from tools.ledger import Ledger
from tools.limits import Limiter
from tools.llm import LanguageModel
from tools.modelscope import ModelScope
from tools.oss import OSSUploader
from tools.provider import ImageProvider
from tools.records import Records, Uploads
from tools.settings import environment_value, oss_environment
from tools.sizes import SKETCH_SIZES
from tools.standings import Standings, StoredStandings
from tools.tasks import TaskRunner

PROVIDERS: Mapping[str, type[ModelScope] | type[DashScope]] = {"modelscope": ModelScope, "dashscope": DashScope}
KEY_VARIABLES = {"modelscope": "MODELSCOPE_API_KEY", "dashscope": "DASHSCOPE_API_KEY"}
NO_KEYS: Mapping[str, str] = {}
OSS_NEEDED = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_ENDPOINT", "OSS_BUCKET_NAME")


@asynccontextmanager
async def open_tools(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> AsyncIterator[Tools]:
    """Make the tools that the settings describe; at the end close them, the database last."""
    database = Database(settings.database.path)
    client = make_client()
    ledger = Ledger(database)
    leases = Leases(database, settings.database.path.with_suffix(".owners"))
    runner = TaskRunner(ledger=ledger, leases=leases, client=client)
    services = make_services(settings, client=client, keys=keys, standings=StoredStandings(database))
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
    variable = KEY_VARIABLES.get(provider or "")
    if variable and not environment_value(variable):
        advice = "put it in .env, or leave --provider out; `peitu doctor` says where to get one"
        raise ConfigError(f"{variable} is not set - {advice}")
    wanted = settings.storage.upload == "always" if upload is None else upload
    if wanted and (missing := missing_for_upload()):
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
    settings: Settings,
    *,
    client: httpx.AsyncClient,
    keys: Mapping[str, str] = NO_KEYS,
    standings: Standings | None = None,
) -> dict[str, Service]:
    """Return the providers with their rules; a missing key is found at the first call."""
    rules: dict[str, ImageService] = {name: getattr(settings.images, name) for name in PROVIDERS}
    return {
        name: _service(
            kind(
                api_key=find_key(KEY_VARIABLES[name], keys),
                client=client,
                base_url=rules[name].base_url,
                model=rules[name].model,
            ),
            rules[name],
            standings,
        )
        for name, kind in PROVIDERS.items()
    }


def make_routes(settings: Settings, services: Mapping[str, Service], *, keys: Mapping[str, str] = NO_KEYS) -> Routes:
    """Return the routes over these services and the offline sketch."""
    candidates = {
        name: Candidate(
            name=name, attempts=service.attempts, fit=service.provider.fit, refusal=service.provider.refusal
        )
        for name, service in services.items()
    }
    candidates["sketch"] = Candidate(name="sketch", attempts=1, fit=SKETCH_SIZES.nearest, refusal=sketch.refusal)
    can_rewrite = language_model(settings, keys=keys) is not None
    return Routes(candidates, auto=automatic_providers(settings, keys=keys), can_rewrite=can_rewrite)


def make_uploader(database: Database | None) -> OSSUploader:
    """Return the uploader of the OSS variables; a `ConfigError` names one that is not valid."""
    return OSSUploader(uploads=Uploads(database) if database else None)


def _service(provider: ImageProvider, rules: ImageService, standings: Standings | None) -> Service:
    return Service(
        provider=provider,
        limiter=Limiter(rate_per_s=rules.rate_per_s, max_in_flight=rules.max_in_flight),
        health=Health(provider.name, provider.model, standings=standings),
        deadline_s=rules.deadline_s,
        attempts=rules.attempts,
        on_lost_reply=rules.on_lost_reply,
        first_poll_s=rules.first_poll_s,
    )


def _prompt_defaults(settings: Settings, services: Mapping[str, Service], *, keys: Mapping[str, str]) -> PromptDefaults:
    width_px, height_px = map(int, settings.images.size.split("x"))
    automatic = automatic_providers(settings, keys=keys)
    candidates = [service for name, service in services.items() if name in automatic]
    return PromptDefaults(
        count=settings.images.count,
        style=settings.style,
        width_px=width_px,
        height_px=height_px,
        output_dir=str(settings.output_dir),
        prompt_limit=min(service.provider.prompt_limit for service in candidates or services.values()),
    )
