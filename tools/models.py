"""What each image model takes: a new model is a line in a table.

The first line whose pattern fits the model's name (in small letters) counts.

Source: https://help.aliyun.com/zh/model-studio/text-to-image-v2-api-reference and
https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import ceil, floor, inf, log, sqrt
from typing import Any, Literal

from tools.errors import ParameterError, RejectedError
from tools.http import clean
from tools.provider import ImageRequest

MOST_SCALED = 2.0
SHAPE_TOLERANCE = 1.2
"""How far width to height may be off when a model knows only a short list of sizes."""

STEP_PX = 16
"""Mended sides are multiples of this, as every model likes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address to submit to: whether it makes a task or answers with the picture, and its body's form."""

    path: str
    makes_task: bool
    body: Literal["prompt", "messages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The pictures that a model draws: by their sides, by area and shape, or from a short list; in pixels."""

    side_px: tuple[int, int] | None = None
    area_px: tuple[int, int] | None = None
    max_ratio: int | None = None
    only: tuple[tuple[int, int], ...] = ()

    def allow(self, width_px: int, height_px: int) -> bool:
        """Return whether the model takes this size."""
        short, long = sorted((width_px, height_px))
        return (
            short > 0
            and (not self.only or (width_px, height_px) in self.only)
            and (self.side_px is None or (self.side_px[0] <= short and long <= self.side_px[1]))
            and (self.area_px is None or self.area_px[0] <= short * long <= self.area_px[1])
            and (self.max_ratio is None or long <= short * self.max_ratio)
        )

    def nearest(self, width_px: int, height_px: int) -> tuple[int, int] | None:
        """Return the nearest size of the same shape that the model takes, or `None`.

        More than twice or less than half of what was asked for is no mending but another picture.
        """
        if self.allow(width_px, height_px):
            return width_px, height_px
        if self.only:
            near = min(self.only, key=lambda size: abs(log(size[0] / size[1]) - log(width_px / height_px)))
            scale = sqrt(near[0] * near[1] / (width_px * height_px))
            same_shape = abs(log(near[0] / near[1]) - log(width_px / height_px)) <= log(SHAPE_TOLERANCE)
            return near if same_shape and 1 / MOST_SCALED <= scale <= MOST_SCALED else None
        least, most = self._scales(width_px, height_px)
        scale = min(max(1.0, least), most)
        if least > most or not 1 / MOST_SCALED <= scale <= MOST_SCALED:
            return None
        rounded = ceil if scale > 1 else floor
        size = tuple(rounded(side * scale / STEP_PX) * STEP_PX for side in (width_px, height_px))
        return (size[0], size[1]) if self.allow(size[0], size[1]) else None

    def _scales(self, width_px: int, height_px: int) -> tuple[float, float]:
        """Return by what factors, at least and at most, both sides may be scaled."""
        short, long = sorted((width_px, height_px))
        least, most = 0.0, inf
        if self.side_px:
            least, most = self.side_px[0] / short, self.side_px[1] / long
        if self.area_px:
            least = max(least, sqrt(self.area_px[0] / (short * long)))
            most = min(most, sqrt(self.area_px[1] / (short * long)))
        return least, most

    def __str__(self) -> str:
        if self.only:
            return "one of " + ", ".join(f"{width}x{height}" for width, height in self.only)
        rules = []
        if self.side_px:
            rules.append(f"each side {self.side_px[0]} to {self.side_px[1]} pixels")
        if self.area_px:
            rules.append(f"{self.area_px[0]} to {self.area_px[1]} pixels in all")
        if self.max_ratio:
            rules.append(f"no side over {self.max_ratio} times the other")
        return ", ".join(rules)


@dataclass(frozen=True, slots=True)
class Model:
    """The rules of a family of models; limits of texts are in characters.

    `negative_in` is the part of the body that carries the negative prompt (`None`: the model takes none),
    `off` are the switches that we turn off, as far as the model knows them.
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
        """Return why pictures of this size are refused, with what would be right, or `None`."""
        if self.sizes.allow(width_px, height_px):
            return None
        width, height = self.default_size_px
        return f"{model} draws no {width_px}x{height_px}: it takes {self.sizes}, e.g. {width}x{height}"

    def check(self, model: str, request: ImageRequest) -> None:
        """Refuse what the model would refuse, or cut off unsaid, before anything is paid.

        Raises:
            ParameterError: The model does not draw this size.
            RejectedError: The prompt is too long.
        """
        if refusal := self.refusal(model, request.width_px, request.height_px):
            raise ParameterError(refusal)
        if len(request.prompt) > self.prompt_limit:
            length = len(request.prompt)
            raise RejectedError(f"The prompt has {length} characters, {model} takes {self.prompt_limit} - shorten it")

    def dashscope_body(self, model: str, request: ImageRequest) -> dict[str, Any]:
        """Return the body of a submit to DashScope.

        `n` is always sent: some models draw, and bill, four pictures without it. The prompt is not extended:
        a rewritten one costs seconds and makes another picture of the same seed.
        """
        prompt = clean(request.prompt)
        body: dict[str, Any] = {"model": model, "input": {"prompt": prompt}}
        if self.endpoint.body == "messages":
            body["input"] = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
        size = f"{request.width_px}*{request.height_px}"
        body["parameters"] = {"size": size, "n": 1, "seed": request.seed, **dict.fromkeys(self.off, False)}
        if self.negative_in and request.negative_prompt:
            body[self.negative_in]["negative_prompt"] = clean(request.negative_prompt)[: self.negative_limit]
        return body


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

SKETCH_SIZES = Sizes(side_px=(256, 2048))
"""What `tools.sketch` draws."""

_ANY = (1024, 1024)
_1280 = (1280, 1280)
_2K = (2048, 2048)
_16x9 = (1664, 928)
_2x3 = (1024, 1536)
_MARK = ("watermark",)
_REWRITE = ("prompt_extend",)

# A model with two addresses goes to the one that makes a task: a picture that is answered at once is lost,
# and paid, when the connection drops. `qwen-image` goes to the other one all the same, since documentation
# and SDK disagree about where its old address expects the negative prompt.
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
    Model("*flux*",       IMAGES, Sizes(side_px=(64, 1024)),  _ANY, 1999, negative_limit=1999),
    Model("*",            IMAGES, Sizes(side_px=(64, 2048)),  _ANY, 1999, negative_limit=1999),
)
# fmt: on


def find_model(name: str, models: Iterable[Model]) -> Model | None:
    """Return the rules of the model of this name, or `None` where no line fits."""
    return next((model for model in models if fnmatchcase(name.lower(), model.pattern)), None)
