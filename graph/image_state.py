"""The state of the subgraph that makes one image; the main graph gets only its `ImageOutput`."""

from typing import Annotated

from typing_extensions import TypedDict

from graph.state import Image, Prompt, merge_images, merge_notes


class Outcome(TypedDict):
    """A picture that was delivered, but not yet checked.

    `task` is the id of its row in the ledger, `None` for a sketch; `blank` tells that it is practically one color.
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
    prompt that was rewritten.
    """

    provider: str
    kind: str
    error: str


class ImageState(TypedDict, total=False):
    """The state of the subgraph that makes one image.

    `picture` identifies what was planned: an edited prompt is another picture, a rewritten one is not. `provider` is
    the one asked for, or ``auto``. `open_provider` has an open task of this image and is tried first; the providers in
    `down` do not work at the moment and are tried last. `lost` is the image that this run made before and whose file
    is gone. `rewritten` is true if a refused prompt was rewritten, or cannot be.
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
    """The output of the subgraph: only the keys that the main graph merges."""

    images: Annotated[list[Image], merge_images]
    notes: Annotated[list[str], merge_notes]
