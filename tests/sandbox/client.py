"""The shortest client of DashScope, for tests of the sandbox itself."""

from typing import Any

import httpx

from tests.sandbox.server import Sandbox


class DashScopeClient(httpx.Client):
    """Submits and polls one picture of `wanx2.1-t2i-plus`, with the sandbox's key."""

    def __init__(self, sandbox: Sandbox) -> None:
        key = {"Authorization": f"Bearer {sandbox.keys.dashscope}"}
        super().__init__(base_url=sandbox.dashscope_url, headers=key)

    def submit(self, prompt: str = "cat", **parameters: Any) -> httpx.Response:
        """Ask for one picture, or with `n=` for more."""
        body = {
            "model": "wanx2.1-t2i-plus",
            "input": {"prompt": prompt},
            "parameters": {"n": 1, **parameters},
        }
        path = "/services/aigc/text2image/image-synthesis"
        return self.post(path, json=body, headers={"X-DashScope-Async": "enable"})

    def poll(self, submitted: httpx.Response) -> dict[str, Any]:
        """Return how the task of a submit is doing."""
        answer = self.get(f"/tasks/{submitted.json()['output']['task_id']}").json()
        return dict(answer["output"])

    def link(self, prompt: str = "cat", **parameters: Any) -> str:
        """Return the link of a picture that is ready at once."""
        return str(self.poll(self.submit(prompt, **parameters))["results"][0]["url"])
