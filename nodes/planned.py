"""Parts of the plan other than wording: file paths, seeds, requests, and the plan of a prompt that the user wrote."""

import hashlib
from pathlib import Path

from graph.state import Analysis, Prompt, State
from tools.content.templates import DEFAULT
from tools.content.titles import TITLE_CHARS
from tools.content.words import language_of
from tools.pictures.files import inside
from tools.pictures.names import folder_name
from tools.providers.provider import ImageRequest
from tools.storyboards.picture_names import picture_names

_SEEDS = 2**31


def given_analysis(content: str) -> Analysis:
    """Return the analysis of a content that is itself the prompt: it has no scenes and keywords."""
    title = " ".join(content.split())[:TITLE_CHARS]
    language = language_of(content)
    return {"title": title, "topic": DEFAULT, "language": language, "keywords": [], "mood": "calm", "scenes": []}


def given_prompt(state: State, *, size: tuple[int, int], output_dir: str) -> Prompt:
    """Return the plan of one picture whose prompt is the content, unchanged; an offline sketch draws from it, too."""
    return {
        "index": 0,
        "prompt": state["content"],
        "subject": "",
        "negative_prompt": "",
        "seed": seed_of(state.get("options", {}).get("seed"), state["run_id"], 0),
        "width_px": size[0],
        "height_px": size[1],
        "path": paths_of(state, 1, output_dir=output_dir)[0],
        "heading": "",
        "start": 0,
        "end": len(state["content"]),
    }


def request_of(prompt: Prompt) -> ImageRequest:
    """Return the request for the picture, as any provider gets it."""
    return ImageRequest(
        prompt=prompt["prompt"],
        negative_prompt=prompt["negative_prompt"],
        width_px=prompt["width_px"],
        height_px=prompt["height_px"],
        seed=prompt["seed"],
    )


def paths_of(state: State, count: int, *, output_dir: str) -> list[str]:
    """Return the paths of the pictures: those that were asked for (`filename`), or in the folder of the run.

    All are inside the output folder with which the run began, or `output_dir` if the state has none.

    Raises:
        InputError: The file name that was asked for leads out of the output folder.
    """
    place, output_dir = state.get("place"), state.get("folder", output_dir)
    if place is None:
        return [f"{output_dir}/{folder_name(state['run_id'])}/{index:02d}.jpg" for index in range(count)]
    return [inside(Path(output_dir), name).as_posix() for name in picture_names(place, count)]


def seed_of(wanted: int | None, run_id: str, index: int) -> int:
    """Return the wanted seed plus the index, or without one a seed that depends only on run and index."""
    if wanted is not None:
        return (wanted + index) % _SEEDS
    return int.from_bytes(hashlib.sha256(f"{run_id}/{index}".encode()).digest()[:4], "big") % _SEEDS
