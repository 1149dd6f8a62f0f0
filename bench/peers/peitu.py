"""Peitu through its Python interface: a thread of the workflow for each picture, as many at once as are allowed."""

import asyncio
import os

from bench.peers import Order, prompt, read_order, tell


async def make_all(order: Order) -> list[str]:
    """Make the pictures."""
    from graph.wiring import open_workflow

    outcomes: list[str] = []
    numbers = iter(range(order.images))
    async with open_workflow() as workflow:

        async def work() -> None:
            for number in numbers:
                wishes = {"count": 1, "size": f"{order.width}x{order.height}", "provider": os.environ["BENCH_PROVIDER"]}
                state = await workflow.ainvoke(
                    {"content": prompt(number), **wishes}, {"configurable": {"thread_id": f"{number:05}"}}
                )
                (image,) = state["images"]
                outcomes.append("made" if image["status"] == "saved" else str(image["error"]))

        await asyncio.gather(*(work() for _ in range(min(order.images, order.at_once + 8))))
    return outcomes


def main() -> None:
    """Make the pictures."""
    order = read_order()
    tell(asyncio.run(make_all(order)))


if __name__ == "__main__":
    main()
