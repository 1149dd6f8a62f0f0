"""Make one picture after another in a warm process: first by the clock, then with a profiler in every thread.

Prints JSON. The profiler counts processor time, and makes Python code look more expensive than C code.
"""

import asyncio
import cProfile
import json
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers import Order, prompt, read_order

WARM_UP = 20
ROOT = Path(__file__).parent.parent
C_PARTS = (
    ("sqlite", "SQLite"),
    ("ImagingDecoder", "Pillow: decode"),
    ("ImagingEncoder", "Pillow: encode"),
    ("Imaging", "Pillow"),
    ("PIL", "Pillow"),
    ("posix", "files"),
    ("_io", "files"),
    ("socket", "sockets"),
    ("epoll", "event loop"),
    ("select", "event loop"),
    ("_asyncio", "event loop"),
    ("_hashlib", "hashes"),
    ("sha", "hashes"),
    ("lock", "locks"),
    ("msgpack", "LangGraph"),
)
PACKAGES = {
    **dict.fromkeys(("langgraph", "langchain_core", "langsmith", "ormsgpack", "uuid_utils"), "LangGraph"),
    **dict.fromkeys(("httpx", "httpcore", "h11", "anyio", "sniffio"), "HTTP"),
    **dict.fromkeys(("aiohttp", "yarl", "multidict", "frozenlist", "aiosignal", "propcache"), "HTTP"),
    **dict.fromkeys(("aiosqlite", "sqlite_utils"), "SQLite"),
    "PIL": "Pillow",
}
LIBRARY = {
    "typing": "LangGraph",
    "contextvars": "LangGraph",
    "copy": "LangGraph",
    "queue": "locks",
    "threading": "locks",
    "selectors": "event loop",
    "socket": "sockets",
    "pathlib": "files",
    "ssl": "sockets",
}
UNKNOWN = "Python's library"
OURS = ("graph", "nodes", "tools")
profiles: list[cProfile.Profile] = []


def profile_new_thread(*_: Any) -> None:
    """Start a profiler of processor time in a new thread."""
    profile = cProfile.Profile(time.thread_time)
    profiles.append(profile)
    profile.enable()


async def one(workflow: Any, order: Order, number: int) -> None:
    """Make one picture in the way of a storyboard's segment."""
    wishes = {"as_is": True, "count": 1, "size": f"{order.width}x{order.height}", "provider": "modelscope"}
    config = {"configurable": {"thread_id": f"{number:05}"}}
    state = await workflow.ainvoke({"content": prompt(number), **wishes}, config, durability="exit")
    if state["images"][0]["status"] != "saved":
        raise RuntimeError(f"The picture was not made: {state['images'][0]['error']}")


async def clocked(order: Order) -> dict[str, float]:
    """Return the medians of a picture without a profiler, in milliseconds."""
    from graph.wiring import open_workflow

    walls, processor, loop_thread = list[float](), list[float](), list[float]()
    async with open_workflow() as workflow:
        for number in range(WARM_UP + order.images):
            wall, used, own = time.perf_counter(), time.process_time(), time.thread_time()
            await one(workflow, order, number)
            walls.append(time.perf_counter() - wall)
            processor.append(time.process_time() - used)
            loop_thread.append(time.thread_time() - own)
    found = {"wall_ms": walls, "cpu_ms": processor, "loop_thread_ms": loop_thread}
    return {name: round(1000 * median(values[WARM_UP:]), 2) for name, values in found.items()}


async def profiled(order: Order) -> dict[str, float]:
    """Return the processor time of each part of a picture, in milliseconds."""
    from graph.wiring import open_workflow

    threading.setprofile(profile_new_thread)
    async with open_workflow() as workflow:
        for number in range(100_000, 100_000 + WARM_UP):
            await one(workflow, order, number)
        own = cProfile.Profile(time.thread_time)
        before = _parts()
        own.enable()
        for number in range(200_000, 200_000 + order.images):
            await one(workflow, order, number)
        own.disable()
        parts = _parts()
        parts.subtract(before)
    threading.setprofile(None)
    parts.update(_sorted_out(own))
    return {name: round(1000 * seconds / order.images, 2) for name, seconds in parts.most_common()}


def _parts() -> Counter[str]:
    """Return the seconds of all threads but this one, by part."""
    found: Counter[str] = Counter()
    for profile in profiles:
        found.update(_sorted_out(profile))
    return found


def _sorted_out(profile: cProfile.Profile) -> Counter[str]:
    """Return a profile's seconds by part; those of C functions that belong to no part go to their callers."""
    found: Counter[str] = Counter()
    for entry in profile.getstats():
        part = _part(entry.code)
        found[part] += entry.inlinetime  # type: ignore[assignment]
        for called in entry.calls or ():
            if part != UNKNOWN and _part(called.code) == UNKNOWN:
                found[part] += called.inlinetime  # type: ignore[assignment]
                found[UNKNOWN] -= called.inlinetime  # type: ignore[assignment]
    return found


def _part(code: Any) -> str:
    """Return the part of the program that a function belongs to."""
    if isinstance(code, str):
        return next((part for word, part in C_PARTS if word in code), UNKNOWN)
    path = Path(code.co_filename)
    if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS:
        return f"Peitu: {path.relative_to(ROOT).parts[0]}"
    names = re.search(r"site-packages/(\w+)", code.co_filename)
    if names:
        return PACKAGES.get(names[1], names[1])
    return {"asyncio": "event loop", "concurrent": "event loop", "sqlite3": "SQLite"}.get(
        path.parent.name, LIBRARY.get(path.stem, UNKNOWN)
    )


def main() -> None:
    """Measure and print."""
    order = read_order()
    found = {"picture": asyncio.run(clocked(order)), "parts_ms": asyncio.run(profiled(order))}
    sys.stdout.write("\n" + json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
