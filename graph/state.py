"""The state of the graph: plain and small, since every step writes the whole of it to the checkpoint.

Only `str`, `int`, `float`, `bool`, `None`, `list` and `dict`; paths instead of bytes. A content over a few KB is in the
database, and the state holds only its beginning.
"""

from typing import Annotated, Literal, NotRequired

from langgraph.channels import EphemeralValue
from pydantic import Field
from typing_extensions import TypedDict

from graph.conversation import Conversation, Messages
from graph.redo_state import Redo
from graph.run_options import Options
from tools.setup.configuration import MAX_COUNT, MAX_SEED

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
    """One planned picture: what is sent to a provider, and where the picture is saved.

    `subject` is what the picture shows, without style and constraints: the offline sketch draws from it. `version` is
    the number of a redone picture, from 2.
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
    version: NotRequired[int]


class Redoing(TypedDict):
    """The state of a redo: what was asked for, and the picture that is planned for it or the `problem` with it."""

    asked: Redo
    planned: Prompt | None
    problem: str | None


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
    """The input of a run; only `content` is required, or a message.

    `graph.studio.form` adds defaults and the names of styles from the settings.
    """

    content: Annotated[
        str,
        Field(
            description="What to illustrate: an article, a sentence or a few words, in Chinese or English,"
            " Markdown, HTML or plain text. Leave it out to use the last user message of `messages`."
        ),
    ]
    # Options apply to one content: `analyze` copies them into `options`. `count` is the number asked for here, and the
    # number of saved pictures in the output.
    count: Annotated[int, Field(description="How many pictures to make.", ge=1, le=MAX_COUNT), EphemeralValue]
    style: Annotated[str, Field(description="How all pictures look."), EphemeralValue]
    provider: Annotated[
        str,
        Field(
            description="Who makes the pictures: auto tries those whose key is set, in the configured order, and draws"
            " line sketches offline where there is none."
        ),
        EphemeralValue,
    ]
    size: Annotated[
        str,
        Field(description="WIDTHxHEIGHT in pixels, e.g. 1024x1024.", pattern=r"^[1-9]\d{1,4}x[1-9]\d{1,4}$"),
        EphemeralValue,
    ]
    seed: Annotated[
        int,
        Field(description="A number that makes the same pictures again; by default a new one.", ge=0, le=MAX_SEED),
        EphemeralValue,
    ]
    upload: Annotated[bool, Field(description="Upload the pictures to OSS, and give their URLs."), EphemeralValue]
    review: Annotated[
        bool,
        Field(description="Stop before anything is paid, show the prompts, and wait for approval or changes."),
        EphemeralValue,
    ]
    as_is: Annotated[bool, Field(description="The content is a prompt for one picture, used as it is."), EphemeralValue]
    filename: Annotated[
        str,
        Field(
            description="Where the picture goes inside the output folder, e.g. a/01.jpg; several become a/01-1.jpg and"
            " so on. Left out, every run has a folder of its own."
        ),
        EphemeralValue,
    ]
    messages: Annotated[
        Messages,
        Field(description="A chat: its last user message is the content if `content` is left out."),
        Conversation,
    ]
    redo: Annotated[Redo, Field(description="One picture of the finished run, to be made again."), EphemeralValue]


class State(InputState, total=False):
    """The whole state of a run. Inputs are cleared after one step; `analyze` copies them to other keys."""

    run_id: str
    wanted: int | None  # the `count` that was asked for
    verbatim: bool  # `as_is`
    place: str | None  # `filename`
    folder: str  # the output folder with which the run began
    options: Options  # all others
    analysis: Analysis
    prompts: list[Prompt]
    images: Annotated[list[Image], merge_images]
    language_model: str | None
    notes: Annotated[list[str], merge_notes]
    requested: int
    uploads: bool  # whether its pictures are uploaded
    success: bool
    redoing: Redoing | None


class OutputState(TypedDict, total=False):
    """The result document.

    `notes` are lines for people, e.g. why the language model was not used; `language_model` is the model that wrote
    the prompts, or `None` if only the templates were used; `messages` are there if a chat message asked for the run.
    """

    run_id: str
    success: bool
    requested: int
    count: Annotated[int, EphemeralValue]
    images: list[Image]
    language_model: str | None
    notes: Annotated[list[str], merge_notes]
    messages: Annotated[Messages, Conversation]
