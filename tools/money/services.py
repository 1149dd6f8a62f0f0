"""Make the image services from the settings: each provider with its key and rules, and everything needed to buy."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from tools.dashscope import DashScope
from tools.modelscope import ModelScope
from tools.money.budgets import StoredBudgets
from tools.money.health import Health
from tools.money.jobs import Service
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.money.limiter import Limiter
from tools.money.standings import StoredStandings
from tools.money.tasks import TaskRunner
from tools.providers.http import make_client
from tools.providers.provider import ImageProvider
from tools.setup.configuration import ImageService, Settings
from tools.setup.environment import environment_value
from tools.sqlite.database import Database
from tools.sqlite.owners import owners_folder

KEY_VARIABLES = {"modelscope": "MODELSCOPE_API_KEY", "dashscope": "DASHSCOPE_API_KEY"}
NO_KEYS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenServices:
    """The services by name, the runner that buys pictures from them, the leases, and the database of it all."""

    database: Database
    services: Mapping[str, Service]
    leases: Leases
    runner: TaskRunner


@asynccontextmanager
async def open_services(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> AsyncIterator[OpenServices]:
    """Open everything needed to buy pictures; on exit close it, the database last.

    Raises:
        ConfigError: A proxy variable of the environment is not usable.
    """
    async with AsyncExitStack() as opened:
        database = Database(settings.database.path)
        opened.push_async_callback(database.close)
        client = await opened.enter_async_context(make_client())
        leases = Leases(database, owners_folder(settings.database.path))
        runner = TaskRunner(ledger=Ledger(database), leases=leases, client=client)
        opened.push_async_callback(runner.close)
        services = make_services(settings, client=client, keys=keys, database=database)
        yield OpenServices(database=database, services=services, leases=leases, runner=runner)


def make_services(
    settings: Settings,
    *,
    client: httpx.AsyncClient,
    keys: Mapping[str, str] = NO_KEYS,
    database: Database | None = None,
) -> dict[str, Service]:
    """Return the services by name; a missing key is an error only at the first request.

    With a `database`, they share budgets and standings with all processes that use it.
    """
    modelscope, dashscope = settings.images.modelscope, settings.images.dashscope
    providers: tuple[tuple[ImageProvider, ImageService], ...] = (
        (
            ModelScope(
                api_key=find_key(KEY_VARIABLES["modelscope"], keys),
                client=client,
                base_url=modelscope.base_url,
                model=modelscope.model,
                steps=modelscope.steps,
                guidance=modelscope.guidance,
                loras=modelscope.loras,
            ),
            modelscope,
        ),
        (
            DashScope(
                api_key=find_key(KEY_VARIABLES["dashscope"], keys),
                client=client,
                base_url=dashscope.base_url,
                model=dashscope.model,
            ),
            dashscope,
        ),
    )
    return {provider.name: _service(provider, rules, database) for provider, rules in providers}


def find_key(name: str, keys: Mapping[str, str] = NO_KEYS) -> str | None:
    """Return a key: the given one, else that of the environment or `.env`."""
    return keys.get(name) or environment_value(name)


def _service(provider: ImageProvider, rules: ImageService, database: Database | None) -> Service:
    standings = StoredStandings(database) if database else None
    return Service(
        provider=provider,
        limiter=Limiter(
            rate_per_s=rules.rate_per_s,
            max_in_flight=rules.max_in_flight,
            polls_per_s=rules.polls_per_s,
            provider=provider.name,
            model=provider.model,
            budgets=StoredBudgets(database) if database else None,
        ),
        health=Health(provider.name, provider.model, standings=standings),
        deadline_s=rules.deadline_s,
        attempts=rules.attempts,
        on_lost_reply=rules.on_lost_reply,
        first_poll_s=rules.first_poll_s,
    )
