"""The state of the subgraph that makes one image; it ends with the image, and the main graph sees its images alone."""

from typing import Annotated

from typing_extensions import TypedDict

from graph.state import Image, Prompt, merge_images, merge_notes


class Outcome(TypedDict):
    """A picture that was delivered, not yet checked.

    `task` is its row of the ledger, `None` for a sketch; `blank` is that of `tools.pictures.images`.
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

    `picture` identifies what was planned: an edited prompt is another picture, a reworded one is not. `provider` is the
    one asked for, or ``auto``. `open_provider` is the one at which the ledger has a task of this image: it goes first.
    `down` are those that do not work at the moment: they go last. `lost` is the image that this run made before, and
    whose file is gone. `rewritten` tells that a refused prompt was reworded, or that it cannot be.
    """

    run_id: str
    picture: str
    prompt: Prompt
    provider: str
    lost: Image | None
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
