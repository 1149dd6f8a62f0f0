"""Which models DashScope serves at which endpoint, and what it refuses (reference, sections 1.2 and 1.5)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox.submits import Order, valid_seed

SizeRule = Callable[[int, int], str | None]
LEGACY, SYNC, IMAGE = "legacy", "sync", "image"
NAMED_SIZES = {"1K": (1024, 1024), "2K": (2048, 2048), "4K": (4096, 4096)}


def sides(low: int, high: int) -> SizeRule:
    """Allow sides between two lengths in pixels."""

    def check(width: int, height: int) -> str | None:
        fits = low <= width <= high and low <= height <= high
        return None if fits else f"width and height must be between {low} and {high}"

    return check


def area(low: int, high: int, *, ratio: float = 1000) -> SizeRule:
    """Allow areas between two squares, given by their sides, and ratios up to `ratio`."""

    def check(width: int, height: int) -> str | None:
        if not low * low <= width * height <= high * high:
            return f"total pixels must be between {low}*{low} and {high}*{high}"
        long = max(width, height) / max(1, min(width, height))
        return None if long <= ratio else f"aspect ratio must be between 1:{ratio:g} and {ratio:g}:1"

    return check


def only(*allowed: tuple[int, int]) -> SizeRule:
    """Allow these sizes and no other."""

    def check(width: int, height: int) -> str | None:
        names = ", ".join(f"{wide}*{high}" for wide, high in allowed)
        return None if (width, height) in allowed else f"size must be one of {names}"

    return check


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The rules of a model; with `truncates`, a long prompt is silently cut."""

    endpoints: tuple[str, ...]
    prompt_limit: int
    size_rule: SizeRule
    default_size: tuple[int, int]
    n_limit: int = 4
    n_default: int = 4
    truncates: bool = False


QWEN_SIZES = ((1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664))
WANX = Model(endpoints=(LEGACY,), prompt_limit=500, size_rule=sides(512, 1440), default_size=(1024, 1024))
WANX20 = Model(endpoints=(LEGACY,), prompt_limit=800, size_rule=sides(512, 1440), default_size=(1024, 1024))
WIDE = area(1280, 1440, ratio=4)
WAN25 = Model(endpoints=(LEGACY,), prompt_limit=2000, size_rule=WIDE, default_size=(1280, 1280))
WAN26 = Model(endpoints=(SYNC, IMAGE), prompt_limit=2100, size_rule=WIDE, default_size=(1280, 1280), truncates=True)


def _qwen(*endpoints: str) -> Model:
    return _free(800, only(*QWEN_SIZES), *endpoints, size=(1664, 928), n=1)


def _free(limit: int, rule: SizeRule, *endpoints: str, size: tuple[int, int], n: int) -> Model:
    return Model(endpoints=endpoints, prompt_limit=limit, size_rule=rule, default_size=size, n_limit=n, n_default=1)


MODELS: dict[str, Model] = {
    **dict.fromkeys(("wan2.2-t2i-flash", "wan2.2-t2i-plus", "wanx2.1-t2i-turbo", "wanx2.1-t2i-plus"), WANX),
    **dict.fromkeys(("wan2.1-t2i-turbo", "wan2.1-t2i-plus"), WANX),
    "wanx2.0-t2i-turbo": WANX20,
    "wan2.5-t2i-preview": WAN25,
    "wan2.6-t2i": WAN26,
    **dict.fromkeys(("qwen-image", "qwen-image-plus"), _qwen(LEGACY, SYNC)),
    **dict.fromkeys(("qwen-image-plus-2026-01-09", "qwen-image-max"), _qwen(SYNC)),
    # The limit is 1300 tokens; a token is counted as two characters here.
    **dict.fromkeys(
        ("qwen-image-2.0", "qwen-image-2.0-pro"), _free(2600, area(512, 2048), SYNC, size=(2048, 2048), n=6)
    ),
    "wan2.7-image": _free(5000, area(768, 2048, ratio=8), SYNC, IMAGE, size=(2048, 2048), n=4),
    "wan2.7-image-pro": _free(5000, area(768, 4096, ratio=8), SYNC, IMAGE, size=(2048, 2048), n=4),
    "z-image-turbo": _free(800, area(512, 2048), SYNC, size=(1024, 1536), n=1),
}


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours.
    """The request is answered with an error: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def read_order(body: Any, endpoint: str) -> Order:
    """Return the order, or raise the error with which DashScope refuses it."""
    name, model = _model(body, endpoint)
    content, parameters = body["input"], body.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise Refused(400, "InvalidParameter", "parameters must be an object")
    prompt = _prompt(content, model, endpoint)
    negative = (content if endpoint == LEGACY else parameters).get("negative_prompt") or ""
    if len(str(negative)) > 500:
        raise Refused(400, "InvalidParameter", "the length of negative_prompt must be within 500")
    n = parameters.get("n", model.n_default)
    if type(n) is not int or not 1 <= n <= model.n_limit:
        raise Refused(400, "InvalidParameter", f"num_images_per_prompt must be between 1 and {model.n_limit}")
    seed = parameters.get("seed")
    if not valid_seed(seed):
        raise Refused(400, "InvalidParameter", "seed must be between 0 and 2147483647")
    return Order(model=name, prompt=prompt, size=_size(parameters, model, name), n=n, seed=seed)


def _model(body: Any, endpoint: str) -> tuple[str, Model]:
    if not isinstance(body, dict):
        raise Refused(400, "InvalidParameter", "Required body invalid, please check the request body format.")
    name = body.get("model")
    if not name:
        raise Refused(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
    if str(name) not in MODELS:
        raise Refused(404, "ModelNotFound", f"Model can not be found: {name}")
    if endpoint not in MODELS[name].endpoints:
        raise Refused(400, "InvalidParameter", "url error, please check url！")
    if not isinstance(body.get("input"), dict):
        raise Refused(400, "BadRequest.EmptyInput", 'Required parameter "input" missing from request.')
    return name, MODELS[name]


def _prompt(content: dict[str, Any], model: Model, endpoint: str) -> str:
    prompt = content.get("prompt") if endpoint == LEGACY else _message_text(content)
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "InvalidParameter", "prompt must be in non-empty string format")
    if len(prompt) > model.prompt_limit and not model.truncates:
        raise Refused(400, "InvalidParameter", f"the length of prompt must be within {model.prompt_limit}")
    return prompt[: model.prompt_limit]


def _message_text(content: dict[str, Any]) -> str:
    """Return the one text part of the one message (reference, section 1.4)."""
    messages = content.get("messages")
    if not isinstance(messages, list) or [True] != [_is_users(message) for message in messages]:
        raise Refused(400, "InvalidParameter", "messages must hold exactly one message of the role user")
    parts = messages[0].get("content")
    if not isinstance(parts, list) or [["text"]] != [list(part) if isinstance(part, dict) else 0 for part in parts]:
        raise Refused(400, "InvalidParameter", "content must hold exactly one part with the key text")
    return str(parts[0]["text"])


def _is_users(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "user"


def _size(parameters: dict[str, Any], model: Model, name: str) -> tuple[int, int]:
    text = parameters.get("size")
    if text is None:
        return model.default_size
    if name.startswith("wan2.7") and str(text) in NAMED_SIZES:
        return NAMED_SIZES[str(text)]
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,5}\*\d{1,5}", text):
        raise Refused(400, "InvalidParameter", f"size must be in the format of width*height, got {text}")
    width, height = (int(side) for side in text.split("*"))
    if problem := model.size_rule(width, height):
        raise Refused(400, "InvalidParameter", f"size error: {problem}")
    return width, height
