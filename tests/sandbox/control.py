"""The sandbox's control endpoints, for another process to read what happened and to order faults.

GET /control/state, POST /control/fault, POST /control/limits, POST /control/time, POST /control/reset.
"""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.faults import Fault
from tests.sandbox.world import World


def state(world: World) -> dict[str, Any]:
    """Return everything that was counted, without keys and bytes."""
    tasks = [asdict(task) | {"headers": None, "billed": task.billed} for task in world.tasks]
    for task in tasks:
        # JSON has no infinity, and a task that never ends takes that long.
        task["duration_s"] = min(task["duration_s"], 1e9)
    return {
        "tasks": tasks,
        "billed": world.billed,
        "polls": world.polls,
        "requests": len(world.requests),
        "chats": [{"messages": chat["body"]["messages"], "answer": chat["answer"]} for chat in world.chats],
        "objects": [
            {"bucket": bucket, "key": key, "size": len(stored.body), "etag": stored.etag, "puts": stored.puts}
            for (bucket, key), stored in list(world.objects.items())
        ],
        "faults": [asdict(fault) | {"match": str(fault.match or "")} for fault in world.faults.faults],
        "limits": {service: asdict(limits) for service, limits in world.limits.items()},
    }


def add_fault(world: World, wanted: dict[str, Any]) -> None:
    """Add a fault: `service`, `step`, `kind`, `times`, `every`, `share`, `match`, and the kind's details."""
    named = {name: wanted.pop(name) for name in ("service", "step", "kind")}
    when = {name: wanted.pop(name) for name in ("times", "every", "share", "match") if name in wanted}
    with world.lock:
        world.faults.add(Fault(**named, **when, details=wanted))


def pair(value: Any) -> Any:
    """Return a range as a tuple, which JSON does not have."""
    return tuple(value) if isinstance(value, list) else value


def command(world: World, what: str, wanted: dict[str, Any]) -> None:
    """Carry out a command of another process."""
    match what:
        case "fault":
            add_fault(world, wanted)
        case "limits":
            world.set_limits(**{name: pair(value) for name, value in wanted.items()})
        case "time":
            world.pass_time(float(wanted["seconds"]))
        case "reset":
            world.reset()
        case _:
            raise ValueError(f"there is no /control/{what}")


def routes(world: World) -> list[Route]:
    """Return the routes of the control endpoint."""

    async def read(request: Request) -> Response:
        return JSONResponse(state(world))

    async def change(request: Request) -> Response:
        try:
            wanted = await request.json() if await request.body() else {}
            command(world, request.path_params["what"], wanted)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"ok": True})

    return [Route("/control/state", read, methods=["GET"]), Route("/control/{what}", change, methods=["POST"])]
