"""Make the tools of the nodes from settings and keys."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from graph.build import Tools
from graph.opening.providers import automatic_providers, make_routes, model_rules
from nodes.prompt import PromptDefaults
from tools.bucket.upload_threads import UploadThreads
from tools.content.wishes import parse_size
from tools.errors import ConfigError
from tools.language.llm import LanguageModel
from tools.money.services import KEY_VARIABLES, NO_KEYS, find_key, open_services
from tools.oss import OSSUploader
from tools.pictures.labels import aigc_label
from tools.providers.http import may_be_key
from tools.setup.configuration import Settings
from tools.setup.environment import OSS_REQUIRED, environment_value
from tools.sqlite.database import Database
from tools.sqlite.liveness import RUN_INDEX
from tools.sqlite.records import Records
from tools.sqlite.uploads import Uploads
from tools.sqlite.versions import Versions


@asynccontextmanager
async def open_tools(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> AsyncIterator[Tools]:
    """Make the tools that the settings describe; on exit close them, the database last."""
    async with open_services(settings, keys=keys) as opened, AsyncExitStack() as stack:
        if model := language_model(settings, keys=keys):
            stack.push_async_callback(model.close)
        uploader = None if missing_for_upload() else UploadThreads(make_uploader(opened.database))
        if uploader:
            stack.callback(uploader.close)
        yield Tools(
            routes=make_routes(settings, keys=keys, can_rewrite=model is not None),
            services=opened.services,
            runner=opened.runner,
            ledger=opened.runner.ledger,
            records=Records(opened.database),
            versions=Versions(opened.database),
            model=model,
            uploader=uploader,
            label=partial(aigc_label, content_producer=settings.labels.content_producer),
            visible_label=settings.labels.visible,
            prompt_defaults=_prompt_defaults(settings, keys=keys),
            max_content_chars=settings.llm.max_content_chars,
            quality=settings.images.quality,
            upload_by_default=uploads_by_default(settings),
            at_work=lambda run_id: opened.leases.hold(run_id, RUN_INDEX),
        )


def check_ready(settings: Settings, *, provider: str | None, size: str | None, upload: bool | None) -> None:
    """Check before anything is paid that keys, OSS variables and size allow what is asked for.

    Raises:
        ConfigError: The key of the provider, or an OSS variable, is not set, or cannot be a key.
        InputError: No provider that is asked for takes this size.
    """
    _check_keys(automatic_providers(settings) if provider in {None, "auto"} else [str(provider)])
    wanted = settings.storage.upload == "always" if upload is None else upload
    if wanted and (missing := missing_for_upload()):
        raise ConfigError(f"{', '.join(missing)} not set - uploading needs it; put it in .env, or pass --no-upload")
    width_px, height_px = parse_size(size or settings.images.size)
    make_routes(settings).candidates(provider, width_px=width_px, height_px=height_px)


def _check_keys(providers: Iterable[str]) -> None:
    for name in providers:
        variable = KEY_VARIABLES.get(name)
        key = environment_value(variable) if variable else ""
        if key is None:
            advice = "put it in .env, or leave --provider out; `peitu doctor` says where to get one"
            raise ConfigError(f"{variable} is not set - {advice}")
        if not may_be_key(key):
            advice = "copy it again from the provider's page, or take it out of .env"
            raise ConfigError(f"{variable} has characters that cannot be in a key - {advice}")


def check_keys_known(keys: Mapping[str, str], settings: Settings) -> None:
    """Check that each key is one that the workflow takes: a misspelt one would be ignored, and other keys used.

    Raises:
        ConfigError: One is not; the message names it.
    """
    models = [service.api_key_env for service in settings.llm.providers.values() if service.api_key_env]
    known = list(dict.fromkeys([*KEY_VARIABLES.values(), *models]))
    if unknown := [name for name in keys if name not in known]:
        advice = f"known are {', '.join(known)}; all other variables belong into the environment or .env"
        raise ConfigError(f"{unknown[0]!r} is no key that `open_workflow` takes - {advice}")


def uploads_by_default(settings: Settings) -> bool:
    """Tell whether pictures go to OSS when a run does not say."""
    return settings.storage.upload == "always" or (settings.storage.upload == "auto" and not missing_for_upload())


def missing_for_upload() -> list[str]:
    """Return the OSS variables that an upload needs and that are not set."""
    return [name for name in OSS_REQUIRED if environment_value(name) is None]


def language_model(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> LanguageModel | None:
    """Return the model of `llm.provider`, or `None` if there is none or its key is not set."""
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


def make_uploader(database: Database | None) -> OSSUploader:
    """Return an uploader configured by the OSS variables.

    Raises:
        ConfigError: A variable is not valid; the message names it.
    """
    return OSSUploader(uploads=Uploads(database) if database else None)


def _prompt_defaults(settings: Settings, *, keys: Mapping[str, str]) -> PromptDefaults:
    width_px, height_px = parse_size(settings.images.size)
    automatic = automatic_providers(settings, keys=keys)
    rules = model_rules(settings)
    candidates = [rules[name] for name in automatic if name in rules]
    return PromptDefaults(
        count=settings.images.count,
        style=settings.style,
        width_px=width_px,
        height_px=height_px,
        output_dir=str(settings.output_dir),
        templates=settings.templates,
        prompt_limit=min(one.prompt_limit for one in candidates or rules.values()),
    )
