"""Leases: one image, one worker, whoever dies."""

import asyncio
import subprocess
import sys
import threading

import pytest
from filelock import FileLock

from tools.errors import ClosedError, StorageError
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.providers.provider import ImageRequest
from tools.sqlite.database import Database
from tools.sqlite.owners import is_alive, lock_path


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

    assert "taken" == await first.take("run", 0)
    assert "held" == await second.take("run", 0)
    assert "held" == await first.take("run", 0)
    assert "taken" == await second.take("run", 1)

    for _ in range(2):
        first.release("run", 0)

        assert "taken" == await first.take("run", 0)

    first.release("run", 0)

    assert "taken" == await second.take("run", 0)

    first.close()
    second.close()


async def break_off(leases):
    async with leases.hold("run", -1):
        raise ZeroDivisionError


async def test_work_that_breaks_off_leaves_its_lease_at_once(database, folder):
    """Others see that nobody is at work although the process lives, and whoever tries again holds it again."""
    first, second = Leases(database, folder), Leases(database, folder)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await break_off(first)

    assert "taken" == await second.take("run", -1)

    async with first.hold("run", -1):
        pass

    assert "held" == await first.take("run", -1)

    second.release("run", -1)
    async with first.hold("run", -1):
        async with first.hold("run", -1):  # another caller of the same owner gives back what is his
            pass

        assert "held" == await second.take("run", -1)

    assert "taken" == await second.take("run", -1)

    first.close()
    second.close()


async def test_a_lease_that_cannot_be_written_stops_nobody(tmp_path, folder):
    """It only tells others that somebody is at work."""
    worked = False
    async with Leases(Database(tmp_path), folder).hold("run", -1):
        worked = True

    assert worked


async def test_a_folder_that_cannot_be_made_is_named(database, folder):
    """A file is in its place: one line that names it and the setting."""
    folder.write_text("mine")
    with pytest.raises(StorageError, match=r"owners' cannot be made .* check the folder of database.path"):
        await Leases(database, folder).take("run", 0)


async def test_a_closed_owner_holds_nothing(database, folder):
    """What somebody left without giving it back is free once they are gone."""
    first, second = Leases(database, folder), Leases(database, folder)
    await first.take("run", 0)
    first.close()

    assert "taken" == await second.take("run", 0)

    second.close()


async def test_a_lease_is_taken_as_soon_as_its_owner_is_gone(database, folder, monkeypatch):
    """Of two processes at one batch the second has the lease from when the first has ended; once is enough."""
    monkeypatch.setattr("tools.money.leases.LOOK_S", 0.01)
    first, second, third = (Leases(database, folder) for _ in range(3))
    await first.take("batch", -1)
    waiting = asyncio.create_task(second.take_when_free("batch", -1))
    await asyncio.sleep(0.05)

    assert not waiting.done()

    first.close()
    await waiting
    await second.take_when_free("batch", -1)

    assert "held" == await third.take("batch", -1)

    second.close()
    third.close()


def test_whoever_looks_is_not_taken_for_the_owner(folder, monkeypatch):
    """Two look at the same time whether a dead owner lives: they see each other's lock for a moment."""
    folder.mkdir()
    other = FileLock(lock_path(folder, "dead"), thread_local=False)
    other.acquire()
    monkeypatch.setattr("tools.sqlite.owners.time.sleep", lambda _: other.release())

    assert not is_alive(folder, "dead")

    with FileLock(lock_path(folder, "living")):
        assert is_alive(folder, "living")


@pytest.mark.parametrize("is_free", [True, False])
async def test_whoever_is_stopped_while_it_takes_a_lease_does_not_keep_it(database, folder, is_free):
    """The database was busy meanwhile: what it writes then is given back, to others and to the same owner."""
    first, second = Leases(database, folder), Leases(database, folder)
    if not is_free:
        await second.take("run", 0)
    busy = threading.Event()
    database.hand_in(lambda _: busy.wait(5))
    taking = asyncio.create_task(first.take("run", 0))
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.sleep(0)
    busy.set()
    with pytest.raises(asyncio.CancelledError):
        await taking

    assert ("taken" if is_free else "held") == await second.take("run", 0)

    second.release("run", 0)

    assert "taken" == await first.take("run", 0)

    first.close()
    second.close()


async def test_what_was_asked_for_before_the_end_is_not_leased_after_it(database, folder):
    """The database was locked when the workflow was closed: the lease that comes then would be held for ever."""
    first, second = Leases(database, folder), Leases(database, folder)
    first.close()
    with pytest.raises(ClosedError):
        await first.take("run", 0)

    assert "taken" == await second.take("run", 0)

    second.close()


DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from tools.sqlite.database import Database
from tools.money.leases import Leases

async def main():
    leases = Leases(Database(Path(sys.argv[1])), Path(sys.argv[2]))
    assert "taken" == await leases.take("run", 0)
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

    assert "held" == await leases.take("run", 0)

    process.communicate(b"x")

    assert "taken" == await leases.take("run", 0)

    leases.close()

    assert [] == list(folder.iterdir())


async def test_a_place_has_room_for_so_many(database, folder):
    """Two owners share the two places; who leaves his keeps the image, and makes room."""
    first, second = Leases(database, folder), Leases(database, folder)

    assert "taken" == await first.take("run", 0, place="wanx", room=2)
    assert "taken" == await second.take("run", 1, place="wanx", room=2)
    assert "full" == await second.take("run", 2, place="wanx", room=2)
    assert "taken" == await second.take("run", 3, place="qwen", room=2)

    first.leave("run", 0)

    assert "taken" == await second.take("run", 2, place="wanx", room=2)
    assert "held" == await second.take("run", 0, place="wanx", room=3)

    first.close()
    second.close()


async def test_the_dead_take_no_place(database, folder):
    """Tasks that a process left behind when it died do not keep others from submitting."""
    first, second = Leases(database, folder), Leases(database, folder)
    await first.take("run", 0, place="wanx", room=1)
    first.close()

    assert "taken" == await second.take("run", 1, place="wanx", room=1)

    second.close()


async def test_requests_of_the_dead_are_known(database, folder):
    """A request without an answer is abandoned as soon as its owner is gone, not before, and not for ever."""
    ledger, first, second = Ledger(database), Leases(database, folder), Leases(database, folder)
    await first.take("run", 0)
    await ledger.intend("run", 0, provider="dashscope", model="m", request=ImageRequest(prompt="a kite"))
    before = [await leases.has_abandoned("dashscope") for leases in (first, second)]
    first.close()

    assert [False, False] == before
    assert await second.has_abandoned("dashscope")
    assert not await second.has_abandoned("modelscope")

    await database.write(lambda connection: connection.execute("UPDATE tasks SET intended_at = '2026-11-01T00:00'"))

    assert not await second.has_abandoned("dashscope")

    second.close()
