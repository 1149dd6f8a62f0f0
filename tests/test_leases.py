"""Leases: one image, one worker, whoever dies."""

import subprocess
import sys

import pytest

from tools.database import Database
from tools.leases import Leases


@pytest.fixture
async def database(tmp_path):
    database = Database(tmp_path / "peitu.db")
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "owners"


async def test_an_image_has_one_worker(database, folder):
    """Another owner, and a second caller of the same owner, have to wait; other images are free."""
    first, second = Leases(database, folder), Leases(database, folder)

    assert await first.take("run", 0)
    assert not await second.take("run", 0)
    assert not await first.take("run", 0)
    assert await second.take("run", 1)

    await first.release("run", 0)

    assert await second.take("run", 0)

    first.close()
    second.close()


async def test_a_closed_owner_holds_nothing(database, folder):
    """What somebody left without giving it back is free once they are gone."""
    first, second = Leases(database, folder), Leases(database, folder)
    await first.take("run", 0)
    first.close()

    assert await second.take("run", 0)

    second.close()


DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from tools.database import Database
from tools.leases import Leases

async def main():
    leases = Leases(Database(Path(sys.argv[1])), Path(sys.argv[2]))
    assert await leases.take("run", 0)
    print("taken", flush=True)
    sys.stdin.read(1)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_killed_process_loses_its_lease_at_once(database, folder):
    """Alive it keeps the image; after a kill -9 the next one takes over without waiting."""
    command = [sys.executable, "-c", DIES, str(database.path), str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    leases = Leases(database, folder)

    assert not await leases.take("run", 0)

    process.communicate(b"x")

    assert await leases.take("run", 0)

    leases.close()

    assert [] == list(folder.iterdir())
