"""Which models ModelScope serves, and what it refuses (reference, section 2.2)."""

import re
from typing import Any

from tests.sandbox.submits import valid_seed

# The allowed length of a side in pixels, by family (section 2.2).
Z_IMAGE, QWEN, FLUX, STABLE = (512, 2048), (64, 1664), (64, 1024), (64, 2048)
MODELS = {
    "Tongyi-MAI/Z-Image-Turbo": Z_IMAGE,
    "Qwen/Qwen-Image": QWEN,
    "Qwen/Qwen-Image-2512": QWEN,
    "MusePublic/489_ckpt_FLUX_1": FLUX,
    "black-forest-labs/FLUX.1-Krea-dev": FLUX,
    "MAILAND/majicflus_v1": FLUX,
    "MusePublic/42_ckpt_SD_XL": STABLE,
}
FIELDS = {"model", "prompt", "negative_prompt", "size", "seed", "steps", "guidance", "image_url", "loras"}
# What `n` does is not documented; some clients send it.
FIELDS |= {"n"}


def problem(body: Any) -> str | None:
    """Return why a submit is refused with HTTP 400, or `None` if it is good."""
    if not isinstance(body, dict):
        return "Invalid request body"
    if str(body.get("model")) not in MODELS:
        return f"Model id : {body.get('model')} , has no provider supported"
    if unknown := sorted(set(body) - FIELDS):
        return f"Unsupported parameter: {unknown[0]}"
    if not valid_seed(body.get("seed")):
        return "Invalid parameter: seed must be between 0 and 2147483647"
    return _bad_text(body) or _bad_number(body) or _bad_size(body)


def _bad_text(body: dict[str, Any]) -> str | None:
    if not str(body.get("prompt") or "").strip():
        return "Invalid parameter: prompt is required"
    for name in ("prompt", "negative_prompt"):
        text = body.get(name, "")
        if not isinstance(text, str) or len(text) >= 2000:
            return f"Invalid parameter: {name} must be a string of less than 2000 characters"
    return None


def _bad_number(body: dict[str, Any]) -> str | None:
    for name, low, high in (("steps", 1, 100), ("guidance", 1.5, 20)):
        value = body.get(name, low)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            return f"Invalid parameter: {name} must be between {low} and {high}"
    return None


def _bad_size(body: dict[str, Any]) -> str | None:
    text = body.get("size", "1024x1024")
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,5}x\d{1,5}", text):
        return f"Invalid parameter: size {text!r} must look like 1024x1024"
    low, high = MODELS[body["model"]]
    if all(low <= side <= high for side in parse_size(text)):
        return None
    return f"Invalid parameter: size {text} is out of range, it must be from {low}x{low} to {high}x{high}"


def parse_size(text: str) -> tuple[int, int]:
    """Return the width and the height of ``WxH``."""
    width, _, height = text.partition("x")
    return int(width), int(height)
