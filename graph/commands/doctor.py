"""The checks of `peitu doctor`: what is configured, what is missing and where to get it. None of them costs money."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from graph.opening.assembly import language_model, make_uploader, missing_for_upload
from graph.opening.checkpointer import open_checkpoints
from graph.opening.providers import automatic_providers
from tools.clock import utc_now
from tools.errors import ConfigError, PeituError
from tools.money.services import KEY_VARIABLES, make_services
from tools.money.standings import StoredStandings
from tools.pictures.folders import check_folder
from tools.providers.http import make_client
from tools.providers.provider import ImageProvider
from tools.setup.configuration import Settings
from tools.setup.environment import KEY_PAGES, configuration_file, environment_value, meant_for
from tools.setup.log import be_quiet
from tools.sqlite.database import Database
from tools.sqlite.records import Records

State = Literal["ok", "missing", "problem", "unsure"]
MARKS: dict[State, str] = {
    "ok": "[green]✓[/]",
    "missing": "[dim]–[/]",
    "problem": "[red]✗[/]",
    "unsure": "[yellow]?[/]",
}
TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `problem`: configured and not working; `missing`: optional and not configured."""

    name: str
    state: State
    text: str


async def examine(settings: Settings, config: Path | None = None) -> list[Finding]:
    """Check everything; the services are asked concurrently, each for at most `TIMEOUT_S`."""
    be_quiet()
    providers, model, storage = await asyncio.gather(_providers(settings), _model(settings), _storage())
    database, providers = await _database(settings, providers)
    return [
        *_places(settings, config),
        database,
        await _checkpoints(settings),
        *providers,
        model,
        storage,
        _pictures(automatic_providers(settings), broken={one.name for one in providers if one.state == "problem"}),
    ]


def _pictures(tried: list[str], *, broken: set[str]) -> Finding:
    """Say which providers `auto` tries, and which of them do not work."""
    text = f"--provider auto tries: {', '.join(tried)}"
    if wrong := [name for name in tried if name in broken]:
        none = "it does not work" if len(tried) == 1 else "neither works"
        told = none if len(wrong) == len(tried) else f"{', '.join(wrong)} does not work"
        return Finding("pictures", "problem" if len(wrong) == len(tried) else "unsure", f"{text} - {told}, see above")
    return Finding("pictures", "ok", text)


def print_findings(findings: list[Finding]) -> int:
    """Print the findings, a line each, and return the exit status: 1 when something configured does not work."""
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        console.print(f"{MARKS[finding.state]} {finding.name:<{width}}  ", end="")
        console.print(finding.text, markup=False)
    return 1 if any(finding.state == "problem" for finding in findings) else 0


def _places(settings: Settings, config: Path | None) -> Iterator[Finding]:
    keys = "and .env" if Path(".env").is_file() else f"- there is no .env in {Path.cwd()}"
    yield Finding(
        "configuration", "ok", f"{configuration_file(config) or 'defaults, as there is no config.yaml'} {keys}"
    )
    try:
        check_folder(settings.output_dir)
        yield Finding("output folder", "ok", str(settings.output_dir.resolve()))
    except ConfigError as error:
        yield Finding("output folder", "problem", str(error))


async def _database(settings: Settings, providers: list[Finding]) -> tuple[Finding, list[Finding]]:
    """Check the database, and add the recorded standings to the findings about the providers."""
    database = Database(settings.database.path)
    try:
        found = await _checked("database", Records(database).open, str(settings.database.path))
        if found.state == "ok":
            providers = [await _with_standing(settings, StoredStandings(database), one) for one in providers]
        return found, providers
    finally:
        await database.close()


async def _with_standing(settings: Settings, standings: StoredStandings, finding: Finding) -> Finding:
    """Add that the last run found the provider down or stopped, unless the finding says already that it cannot work."""
    name = finding.name
    found = await standings.get(name, getattr(settings.images, name).model) if name in settings.images.order else None
    if finding.state in {"problem", "missing"} or not found or found.state == "working":
        return finding
    if found.until and found.until < utc_now():
        return finding
    until = f", tried again from {found.until:%Y-%m-%d %H:%M} UTC" if found.until else ""
    return Finding(name, "unsure", f"{finding.text}; the last run found it {found.state}: {found.reason}{until}")


async def _checkpoints(settings: Settings) -> Finding:
    async def open_once() -> None:
        async with open_checkpoints(settings.checkpoints.path):
            pass

    return await _checked("checkpoints", open_once, str(settings.checkpoints.path))


async def _providers(settings: Settings) -> list[Finding]:
    async with make_client() as client:
        services = make_services(settings, client=client)
        return await asyncio.gather(*(_provider(service.provider) for service in services.values()))


async def _provider(provider: ImageProvider) -> Finding:
    name, variable = provider.name, KEY_VARIABLES[provider.name]
    if not environment_value(variable):
        return Finding(name, "missing", _not_set(variable, f"get one at {KEY_PAGES[variable]} and put it in .env"))
    return await _checked(name, provider.check_key, f"{variable} is accepted, model {provider.model}")


def _not_set(variable: str, advice: str) -> str:
    """Say that the variable is not set, with the advice, unless `.env` has it under a wrong name."""
    if other := meant_for(variable):
        return f"{variable} is not set, but .env has {other} - correct that name"
    return f"{variable} is not set - {advice}"


async def _model(settings: Settings) -> Finding:
    name = "language model"
    if settings.llm.provider == "none":
        return Finding(name, "missing", "llm.provider is none: only the templates write the prompts")
    service = settings.llm.providers[settings.llm.provider]
    model = language_model(settings)
    if model is None:
        where = KEY_PAGES.get(service.api_key_env or "", service.base_url)
        told = _not_set(service.api_key_env or "", f"only the templates write the prompts; get one at {where}")
        return Finding(name, "missing", told + _other_models(settings))
    return await _checked(name, model.check_key, f"{service.model} at {service.base_url} accepts the key")


def _other_models(settings: Settings) -> str:
    """Return what else could write the prompts: the entries of `llm.providers` whose keys are set."""
    services = settings.llm.providers.items()
    usable = [name for name, one in services if one.api_key_env and environment_value(one.api_key_env)]
    return f", or set llm.provider to {' or '.join(usable)}: that key is set" if usable else ""


async def _storage() -> Finding:
    missing = missing_for_upload()
    if missing:
        return Finding("OSS", "missing", f"{', '.join(missing)} not set - pictures stay on this machine")
    try:
        uploader = make_uploader(None)
    except ConfigError as error:
        return Finding("OSS", "problem", str(error))
    return await _checked("OSS", lambda: asyncio.to_thread(uploader.check), f"bucket {uploader.bucket_name} answers")


async def _checked(name: str, check: Callable[[], Awaitable[object]], text: str) -> Finding:
    """Return the result of a check; `False` from it means that the service has no free way to check the key."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            told = await check()
    except PeituError as error:
        return Finding(name, "problem", str(error))
    except TimeoutError:
        return Finding(name, "problem", f"no answer within {TIMEOUT_S:g} s - check the network and the address")
    if told is False:
        return Finding(name, "unsure", "the key is set, but there is no free way to check it")
    return Finding(name, "ok", text)
