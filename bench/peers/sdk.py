"""DashScope's own SDK, in as many threads as pictures may be made at once: `async_call`, then `wait`.

Source: https://help.aliyun.com/zh/model-studio/text-to-image-v2-api-reference, read 2026-11-23, and dashscope 2.0.2.
"""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import dashscope
import requests
from dashscope import ImageSynthesis

from bench.peers import KEY, Order, prompt, read_order, tell


def make(order: Order, number: int) -> str:
    """Make one picture as the documentation shows it."""
    try:
        task = ImageSynthesis.async_call(
            api_key=KEY,
            model="wanx2.1-t2i-plus",
            prompt=prompt(number),
            n=1,
            size=f"{order.width}*{order.height}",
        )
        if task.status_code != HTTPStatus.OK:
            return f"{task.status_code} {task.code}"
        answer = ImageSynthesis.wait(task, api_key=KEY)
        if answer.status_code != HTTPStatus.OK:
            return f"{answer.status_code} {answer.code}"
        if answer.output.task_status != "SUCCEEDED":
            return str(answer.output.task_status)
        for result in answer.output.results:
            Path(f"output/{number:05}.png").write_bytes(requests.get(result.url, timeout=60).content)
    except requests.RequestException as error:
        return type(error).__name__
    return "made"


def main() -> None:
    """Make the pictures."""
    order = read_order()
    dashscope.base_http_api_url = f"{order.url}/api/v1"
    with ThreadPoolExecutor(order.at_once) as threads:
        tell(list(threads.map(lambda number: make(order, number), range(order.images))))


if __name__ == "__main__":
    main()
