"""Everything from the database to the providers, opened together and closed in order."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tools.money.jobs import Service
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.money.services import NO_KEYS, make_services
from tools.money.tasks import TaskRunner
from tools.providers.http import make_client
from tools.setup.configuration import Settings
from tools.sqlite.database import Database
from tools.sqlite.owners import owners_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Where pictures are bought: who makes them, who works on which, and the database that has all of it."""

    database: Database
    services: Mapping[str, Service]
    leases: Leases
    runner: TaskRunner


@asynccontextmanager
async def open_shop(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> AsyncIterator[Shop]:
    """Open what is needed to buy pictures; at the end close it, the database last.

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
        yield Shop(database=database, services=services, leases=leases, runner=runner)
