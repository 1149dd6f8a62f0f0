"""Small clients for the tests of the sandbox itself."""

import ssl
from typing import Any

import httpx

from tests.sandbox.server import Sandbox


class PlainClient(httpx.Client):
    """A client that loads no certificates, which would take longer than everything else in a test."""

    def __init__(self, base_url: str = "", *, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else None
        super().__init__(base_url=base_url, headers=headers, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


class DashScopeClient(PlainClient):
    """Submits and polls one picture of `wanx2.1-t2i-plus`, with the sandbox's key."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox.dashscope_url, key=sandbox.keys.dashscope)

    def anonymous(self, url: str) -> httpx.Response:
        """Get an address without the key."""
        request = self.build_request("GET", url)
        del request.headers["Authorization"]
        return self.send(request)

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
        """Return the state of the task of a submit."""
        answer = self.get(f"/tasks/{submitted.json()['output']['task_id']}").json()
        return dict(answer["output"])

    def link(self, prompt: str = "cat", **parameters: Any) -> str:
        """Return the link of a picture that is ready at once."""
        return str(self.poll(self.submit(prompt, **parameters))["results"][0]["url"])
