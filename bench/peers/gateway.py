"""LiteLLM's Router with its own retries and rate limit, against a service that speaks OpenAI's protocol.

The service answers when the picture is ready, so that nothing is polled. `rpm` and `num_retries` are the Router's
settings for this purpose; `rpm` also limits the requests under way at once.

Source: https://docs.litellm.ai/docs/routing and https://docs.litellm.ai/docs/image_generation, read 2026-11-24.
"""

import asyncio
import os
from pathlib import Path

import httpx

from bench.peers import KEY, Order, prompt, read_order, tell

# Else its import asks the internet for a list of prices.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
RETRIES = 20


def make_router(order: Order):
    """Return the Router with one deployment."""
    from litellm import Router

    deployment = {
        "model_name": "pictures",
        "litellm_params": {"model": "openai/wanx", "api_key": KEY, "api_base": f"{order.url}/v1"},
    }
    if order.submits_per_s:
        deployment["litellm_params"]["rpm"] = 60 * order.submits_per_s
    return Router(
        model_list=[deployment],
        num_retries=RETRIES,
        retry_after=1,
        timeout=600,
        default_max_parallel_requests=order.at_once,
    )


async def make_all(order: Order) -> list[str]:
    """Make the pictures, as many at once as are allowed."""
    from openai import OpenAIError

    router = make_router(order)
    places = asyncio.Semaphore(order.at_once)

    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=order.at_once)) as client:

        async def make(number: int) -> str:
            try:
                async with places:
                    answer = await router.aimage_generation(
                        model="pictures", prompt=prompt(number), n=1, size=f"{order.width}x{order.height}"
                    )
                    picture = await client.get(answer.data[0].url)
            except (OpenAIError, httpx.HTTPError) as error:
                return type(error).__name__
            await asyncio.to_thread(Path(f"output/{number:05}.png").write_bytes, picture.content)
            return "made"

        return await asyncio.gather(*(make(number) for number in range(order.images)))


def main() -> None:
    """Make the pictures."""
    order = read_order()
    tell(asyncio.run(make_all(order)))


if __name__ == "__main__":
    main()
