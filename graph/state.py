"""The state of the graph: plain and small, since every step writes it to the checkpoint whole.

Only `str`, `int`, `float`, `bool`, `None`, `list` and `dict`; paths instead of bytes; a content over a few
KB is kept as a row of the database, and the state holds its beginning.
"""

from typing import Annotated, Literal

from langgraph.channels import EphemeralValue
from typing_extensions import TypedDict

ImageStatus = Literal["saved", "failed", "unknown"]


class Scene(TypedDict):
    """A part of the content that is worth a picture.

    `start` and `end` are character offsets in the content; `heading` is the nearest heading above, or ``""``.
    """

    heading: str
    excerpt: str
    start: int
    end: int
    subject: str
    keywords: list[str]


class Analysis(TypedDict):
    """What the content is about."""

    title: str
    topic: str
    language: Literal["zh", "en"]
    keywords: list[str]
    mood: str
    scenes: list[Scene]


class Prompt(TypedDict):
    """One planned picture: what is sent to a provider, and where the picture goes.

    `subject` is what the picture shows, without style and constraints: the offline sketch draws from it.
    """

    index: int
    prompt: str
    subject: str
    negative_prompt: str
    seed: int
    width_px: int
    height_px: int
    path: str
    heading: str
    start: int
    end: int


class Image(TypedDict):
    """One image of the result document.

    `status` is ``unknown`` for a paid request whose answer was lost: it is held for the user. `error` is one line for
    people.
    """

    index: int
    status: ImageStatus
    path: str | None
    url: str | None
    prompt: str
    provider: str | None
    model: str | None
    seed: int
    width: int | None
    height: int | None
    sha256: str | None
    attempts: int
    error: str | None


def merge_images(known: list[Image], new: list[Image]) -> list[Image]:
    """Return the images in order of index; a newer one replaces the one of the same index."""
    by_index = {image["index"]: image for image in [*known, *new]}
    return [by_index[index] for index in sorted(by_index)]


def merge_notes(known: list[str], new: list[str]) -> list[str]:
    """Return the notes, each once, in the order in which they came."""
    return list(dict.fromkeys([*known, *new]))


class InputState(TypedDict, total=False):
    """What a run is asked for.

    Only `content` is needed. `provider` is ``auto``, ``modelscope``, ``dashscope`` or ``sketch``; `size` is
    ``WIDTHxHEIGHT`` in pixels; `upload` is left out for the setting `storage.upload`; `review` stops before anything
    is paid and shows the prompts (see `nodes.approve`); `as_is` takes the content for a prompt, unchanged; `filename`
    is a place inside the output folder, e.g. ``a/01.jpg``, with several pictures ``a/01-1.jpg`` and so on.
    """

    content: str
    # Asked for at the start, made at the end: one key of the interface, forgotten in between. The last two as well.
    count: Annotated[int, EphemeralValue]
    style: str
    provider: str
    size: str
    seed: int
    upload: bool
    review: bool
    as_is: Annotated[bool, EphemeralValue]
    filename: Annotated[str, EphemeralValue]


class State(InputState, total=False):
    """The whole state of a run."""

    run_id: str
    wanted: int | None
    verbatim: bool
    place: str | None
    analysis: Analysis
    prompts: list[Prompt]
    images: Annotated[list[Image], merge_images]
    language_model: str | None
    notes: Annotated[list[str], merge_notes]
    requested: int
    uploads: bool
    success: bool


class OutputState(TypedDict, total=False):
    """The result document.

    `notes` are lines for people, e.g. why the language model was not used; `language_model` is the model that wrote
    the prompts, or `None` when the templates alone did.
    """

    run_id: str
    success: bool
    requested: int
    count: Annotated[int, EphemeralValue]
    images: list[Image]
    language_model: str | None
    notes: Annotated[list[str], merge_notes]


class Outcome(TypedDict):
    """A picture that was delivered, not yet checked.

    `task` is its row of the ledger, `None` for a sketch; `blank` tells that it is practically of one color.
    """

    task: int | None
    provider: str
    model: str
    prompt: str
    path: str
    width: int
    height: int
    sha256: str
    blank: bool


class Failure(TypedDict):
    """Why a provider delivered nothing this time.

    `kind` is the name of a class in `tools.errors`, ``RefusedPicture`` after the check, or ``Rewritten`` for a refused
    prompt that has new words.
    """

    provider: str
    kind: str
    error: str


class ImageState(TypedDict, total=False):
    """The state of the subgraph that makes one image.

    `picture` identifies what was planned: an edited prompt is another picture, a reworded one is not. `open_provider`
    is the provider at which the ledger knows a task of this image: it goes first. `down` are the
    providers that do not work at the moment: they go last.
    """

    run_id: str
    picture: str
    prompt: Prompt
    provider: str
    open_provider: str | None
    down: list[str]
    outcome: Outcome | None
    failures: list[Failure]
    rewritten: bool
    notes: Annotated[list[str], merge_notes]


class ImageOutput(TypedDict):
    """What the subgraph hands back: only the keys that the main graph merges."""

    images: Annotated[list[Image], merge_images]
    notes: Annotated[list[str], merge_notes]
