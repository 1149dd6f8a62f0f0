"""Tables with the rules of the image models: a new model is a new line.

The first line whose pattern matches the model's name (in lower case) applies.

Source: https://help.aliyun.com/zh/model-studio/text-to-image-v2-api-reference and
https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from tools.errors import ConfigError, ParameterError, RejectedError
from tools.providers.provider import ImageRequest
from tools.providers.sizes import Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A path to submit to, whether it makes a task or answers with the picture, and the form of its body."""

    path: str
    makes_task: bool
    body: Literal["prompt", "messages"]


@dataclass(frozen=True, slots=True)
class Model:
    """The rules of a family of models; limits of texts are in characters.

    `negative_in` is the part of the body with the negative prompt (`None`: the model takes none); `off` are the options
    of the model that we turn off.
    """

    pattern: str
    endpoint: Endpoint
    sizes: Sizes
    default_size_px: tuple[int, int]
    prompt_limit: int
    negative_limit: int = 500
    negative_in: Literal["input", "parameters"] | None = "input"
    off: tuple[str, ...] = ("prompt_extend", "watermark")

    def refusal(self, model: str, width_px: int, height_px: int) -> str | None:
        """Return why pictures of this size are refused and what is allowed, or `None` if they are not."""
        if self.sizes.allow(width_px, height_px):
            return None
        width, height = self.default_size_px
        return f"{model} cannot draw {width_px}x{height_px}: it takes {self.sizes}, e.g. {width}x{height}"

    def check(self, model: str, request: ImageRequest) -> None:
        """Check the request before it is paid: the model would refuse it, or silently cut the prompt.

        Raises:
            ParameterError: The model does not draw this size.
            RejectedError: The prompt is too long.
        """
        if refusal := self.refusal(model, request.width_px, request.height_px):
            raise ParameterError(refusal)
        if len(request.prompt) > self.prompt_limit:
            length = len(request.prompt)
            raise RejectedError(f"The prompt has {length} characters, {model} takes {self.prompt_limit} - shorten it")


_AIGC = "/services/aigc"
TEXT2IMAGE = Endpoint(path=f"{_AIGC}/text2image/image-synthesis", makes_task=True, body="prompt")
IMAGE_GENERATION = Endpoint(path=f"{_AIGC}/image-generation/generation", makes_task=True, body="messages")
MULTIMODAL = Endpoint(path=f"{_AIGC}/multimodal-generation/generation", makes_task=False, body="messages")
IMAGES = Endpoint(path="/images/generations", makes_task=True, body="prompt")

_SIDES = Sizes(side_px=(512, 1440))
_AREA = Sizes(area_px=(1280**2, 1440**2), max_ratio=4)
_UP_TO_2K = Sizes(area_px=(512**2, 2048**2))
_WAN27 = Sizes(area_px=(768**2, 2048**2), max_ratio=8)
_WAN27_PRO = Sizes(area_px=(768**2, 4096**2), max_ratio=8)
_QWEN = Sizes(only=((1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664)))

_ANY = (1024, 1024)
_1280 = (1280, 1280)
_2K = (2048, 2048)
_16x9 = (1664, 928)
_2x3 = (1024, 1536)
_MARK = ("watermark",)
_REWRITE = ("prompt_extend",)

# A model with two endpoints uses the one that makes a task: a picture in the answer itself is lost, but paid, if
# the connection drops. `qwen-image` uses the other one nevertheless, since documentation and SDK disagree about
# where its task endpoint expects the negative prompt.
# fmt: off
DASHSCOPE_MODELS = (
    #      pattern             endpoint          sizes       default  prompt
    Model("wanx2.0-t2i-*",     TEXT2IMAGE,       _SIDES,     _ANY,     800),
    Model("wanx2.1-t2i-*",     TEXT2IMAGE,       _SIDES,     _ANY,     500),
    Model("wan2.1-t2i-*",      TEXT2IMAGE,       _SIDES,     _ANY,     500),
    Model("wan2.2-t2i-*",      TEXT2IMAGE,       _SIDES,     _ANY,     500),
    Model("wan2.5-t2i-*",      TEXT2IMAGE,       _AREA,      _1280,    2000),
    Model("wan2.6-t2i*",       IMAGE_GENERATION, _AREA,      _1280,    2100, negative_in="parameters"),
    Model("wan2.7-image-pro*", IMAGE_GENERATION, _WAN27_PRO, _2K,      5000, negative_in=None, off=_MARK),
    Model("wan2.7-image*",     IMAGE_GENERATION, _WAN27,     _2K,      5000, negative_in=None, off=_MARK),
    Model("qwen-image-[2-9]*", MULTIMODAL,       _UP_TO_2K,  _2K,      1300, negative_in="parameters"),
    Model("qwen-image*",       MULTIMODAL,       _QWEN,      _16x9,    800,  negative_in="parameters"),
    Model("z-image-turbo*",    MULTIMODAL,       _UP_TO_2K,  _2x3,     800,  negative_in=None, off=_REWRITE),
)

MODELSCOPE_MODELS = (
    Model("*z-image*",    IMAGES, Sizes(side_px=(512, 2048)), _ANY, 1999, negative_limit=1999),
    Model("*qwen-image*", IMAGES, Sizes(side_px=(64, 1664)),  _ANY, 1999, negative_limit=1999),
    Model("*majicflus*",  IMAGES, Sizes(side_px=(64, 1024)),  _ANY, 1999, negative_limit=1999),
    Model("*flux*",       IMAGES, Sizes(side_px=(64, 1024)),  _ANY, 1999, negative_limit=1999),
    Model("*",            IMAGES, Sizes(side_px=(64, 2048)),  _ANY, 1999, negative_limit=1999),
)
# fmt: on


TABLES = {"dashscope": DASHSCOPE_MODELS, "modelscope": MODELSCOPE_MODELS}


def find_model(name: str, models: Iterable[Model]) -> Model | None:
    """Return the rules of the model of this name, or `None` if no line matches."""
    return next((model for model in models if fnmatchcase(name.lower(), model.pattern)), None)


def known_models() -> list[dict[str, Any]]:
    """Return all families of models as plain rows, in the order of the tables."""
    return [
        {
            "provider": provider,
            "model": model.pattern,
            "makes_task": model.endpoint.makes_task,
            "sizes": str(model.sizes),
            "default_size": f"{model.default_size_px[0]}x{model.default_size_px[1]}",
            "prompt_limit": model.prompt_limit,
        }
        for provider, models in TABLES.items()
        for model in models
    ]


class ModelRules:
    """The rules of a provider's configured model: the part of an `ImageProvider` that needs no request."""

    def __init__(self, name: str, model: str) -> None:
        self.name = name
        self.model = model

    @property
    def prompt_limit(self) -> int:
        """The longest prompt, in characters."""
        return self.rules().prompt_limit

    @property
    def takes_negative(self) -> bool:
        """Whether the model takes a negative prompt."""
        return self.rules().negative_in is not None

    def fit(self, width_px: int, height_px: int) -> tuple[int, int] | None:
        """Return the nearest size of about the same shape that the model draws, or `None` if none is near."""
        return self.rules().sizes.nearest(width_px, height_px)

    def refusal(self, width_px: int, height_px: int) -> str | None:
        """Return why the model refuses pictures of this size, or `None` if it takes them."""
        return self.rules().refusal(self.model, width_px, height_px)

    def rules(self) -> Model:
        """Return the model's line in the table.

        Raises:
            ConfigError: There is none; the message lists the known names.
        """
        found = find_model(self.model, TABLES[self.name])
        if found is None:
            known = ", ".join(line.pattern for line in TABLES[self.name])
            raise ConfigError(f"{self.name} model {self.model!r} is not known - images.{self.name}.model takes {known}")
        return found
