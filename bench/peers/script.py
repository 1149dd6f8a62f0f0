"""The script in ModelScope's documentation, in as many threads as pictures may be made at once.

It uses `requests`, polls every five seconds, and raises an exception for an answer that is no success.

Source: https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import requests
from PIL import Image

from bench.peers import KEY, Order, prompt, read_order, tell


def make(order: Order, number: int) -> str:
    """Make one picture as the documentation shows it."""
    common_headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    body = {
        "model": "Tongyi-MAI/Z-Image-Turbo",
        "prompt": prompt(number),
        "size": f"{order.width}x{order.height}",
    }
    try:
        response = requests.post(
            f"{order.url}/v1/images/generations",
            headers={**common_headers, "X-ModelScope-Async-Mode": "true"},
            data=json.dumps(body, ensure_ascii=False).encode("utf-8"),
            timeout=60,
        )
        response.raise_for_status()
        task_id = response.json()["task_id"]
        while True:
            result = requests.get(
                f"{order.url}/v1/tasks/{task_id}",
                headers={**common_headers, "X-ModelScope-Task-Type": "image_generation"},
                timeout=60,
            )
            result.raise_for_status()
            data = result.json()
            if data["task_status"] == "SUCCEED":
                image = Image.open(BytesIO(requests.get(data["output_images"][0], timeout=60).content))
                image.save(f"output/{number:05}.jpg")
                return "made"
            if data["task_status"] == "FAILED":
                return "Image Generation Failed."
            time.sleep(5)
    except requests.RequestException as error:
        return type(error).__name__


def main() -> None:
    """Make the pictures."""
    order = read_order()
    with ThreadPoolExecutor(order.at_once) as threads:
        tell(list(threads.map(lambda number: make(order, number), range(order.images))))


if __name__ == "__main__":
    main()
