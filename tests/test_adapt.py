"""A request in the words of another model: its sizes, its length, its place for what must not be seen."""

from dataclasses import dataclass, replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.dashscope import DashScope
from tools.modelscope import ModelScope
from tools.providers.adapt import adapt
from tools.providers.provider import ImageRequest
from tools.providers.sizes import Sizes

ENGLISH = (
    "A lighthouse on a rock above the sea, with a red roof and white walls; an old keeper climbs the stairs, "
    "carrying a lamp and a basket of bread: gulls circle in the wind, and far away a small boat comes closer. "
    "Modern flat illustration with warm colors. No text, no letters."
)
CHINESE = (
    "海边岩石上的灯塔，红色屋顶，白色墙壁；老守塔人提着灯登上楼梯，手里拿着一篮面包，海鸥在风中盘旋，"
    "远处有一只小船慢慢驶来，天边有柔和的晨光。现代扁平插画风格，暖色调。画面中不要出现文字。"
)


SIDES = Sizes(side_px=(512, 1440))


@dataclass(frozen=True)
class FakeProvider:
    """A provider with just the rules that adapting asks for."""

    model: str = "fake-model"
    prompt_limit: int = 500
    takes_negative: bool = True

    def fit(self, width_px, height_px):
        return SIDES.nearest(width_px, height_px)


def test_what_fits_stays_as_it_is():
    """Nothing is changed, and nothing is said."""
    request = ImageRequest(prompt=ENGLISH, negative_prompt="text", width_px=1024, height_px=768, seed=7)

    assert (request, []) == adapt(request, FakeProvider())


def test_a_size_is_mended_and_said():
    """The line names the size that was asked for, the one that is drawn, and the model."""
    request, notes = adapt(ImageRequest(prompt="p", width_px=1920, height_px=1080), FakeProvider())

    assert (1440, 800) == (request.width_px, request.height_px)
    assert ["Size 1920x1080 became 1440x800, the nearest that fake-model draws"] == notes


def test_a_size_that_nothing_is_near_to_is_left_to_the_refusal():
    """Adapting makes no other picture of it: the provider refuses it with its reason."""
    request, notes = adapt(ImageRequest(prompt="p", width_px=100, height_px=100), FakeProvider())

    assert (100, 100) == (request.width_px, request.height_px)
    assert [] == notes


def test_what_must_not_be_seen_stays_where_the_model_has_a_place():
    """It is not said twice."""
    request, notes = adapt(ImageRequest(prompt="A cat.", negative_prompt="dogs"), FakeProvider())

    assert ("A cat.", "dogs") == (request.prompt, request.negative_prompt)
    assert [] == notes


@pytest.mark.parametrize(
    ("prompt", "negative", "expected"),
    [
        ("A cat on a roof.", "dogs, cats", "A cat on a roof. Avoid: dogs, cats."),
        ("A cat on a roof.", "text, dogs, deformed hands", "A cat on a roof. Avoid: dogs."),
        ("屋顶上的猫。", "文字，狗，多余的手指", "屋顶上的猫。避免：狗。"),
        ("屋顶上的猫。", "文字，多余的手指", "屋顶上的猫。"),
    ],
)
def test_what_must_not_be_seen_goes_into_the_prompt(prompt, negative, expected):
    """In the prompt's own language, where the model has no other place."""
    request, _ = adapt(ImageRequest(prompt=prompt, negative_prompt=negative), FakeProvider(takes_negative=False))

    assert (expected, "") == (request.prompt, request.negative_prompt)


@pytest.mark.parametrize("prompt", [ENGLISH, CHINESE])
def test_what_must_not_be_seen_never_costs_a_part_of_the_prompt(prompt):
    """Where it does not fit it is left out: the picture itself comes first."""
    exact = FakeProvider(takes_negative=False, prompt_limit=len(prompt) + 3)
    request, notes = adapt(ImageRequest(prompt=prompt, negative_prompt="text"), exact)

    assert (prompt, "") == (request.prompt, request.negative_prompt)
    assert [] == notes


@pytest.mark.parametrize(
    ("prompt", "limit", "last"),
    [(ENGLISH, 200, "No text, no letters."), (CHINESE, 80, "画面中不要出现文字。")],
    ids=["en", "zh"],
)
def test_a_long_prompt_is_cut_at_a_clause_and_keeps_its_last_sentence(prompt, limit, last):
    """The constraints stand at the end; what goes is the end of the description."""
    request, notes = adapt(ImageRequest(prompt=prompt), FakeProvider(prompt_limit=limit))
    head = request.prompt.removesuffix(last).rstrip(" .。")

    assert len(request.prompt) <= limit
    assert request.prompt.endswith(last)
    assert prompt.startswith(head)
    assert prompt[len(head)] in ",;:.，；。", head
    assert len(head) > limit // 3
    assert [f"The prompt was cut to the {limit} characters that fake-model takes"] == notes


def test_one_long_sentence_is_cut_within_the_limit():
    """There is no last sentence to keep, and no clause to cut at."""
    request, _ = adapt(ImageRequest(prompt="lighthouse " * 100), FakeProvider(prompt_limit=200))

    assert len(request.prompt) <= 200
    assert request.prompt.split() == ["lighthouse"] * len(request.prompt.split())


def test_a_last_sentence_that_fills_the_limit_is_no_reason_to_lose_the_beginning():
    """Then the beginning is what counts."""
    prompt = "A cat. " + "It sleeps on the roof " * 30 + "."
    request, _ = adapt(ImageRequest(prompt=prompt), FakeProvider(prompt_limit=120))

    assert prompt[:120] == request.prompt


PIECES = ["a cat", "red", "sea, ", ". ", "! ", "；", "。", "，", "灯塔", "海鸥在飞", " ", "\n"]
texts = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(PIECES), max_size=120).map("".join),
)


@given(texts, texts, st.integers(min_value=1, max_value=300), st.booleans())
def test_no_prompt_is_ever_too_long(prompt, negative, limit, takes_negative):
    """Whatever the prompt, what comes out is within the limit, and keeps the beginning of what went in."""
    provider = FakeProvider(prompt_limit=limit, takes_negative=takes_negative)
    request, notes = adapt(ImageRequest(prompt=prompt, negative_prompt=negative), provider)

    assert len(request.prompt) <= limit
    assert takes_negative or "" == request.negative_prompt
    assert bool(notes) == (len(prompt) > limit)
    if len(prompt) <= limit:
        assert request.prompt.startswith(prompt)


@given(texts, texts, st.integers(min_value=1, max_value=300), st.booleans())
def test_adapting_twice_changes_nothing_more(prompt, negative, limit, takes_negative):
    """A request that goes to the same model again, e.g. in a resumed run, is the same request."""
    provider = FakeProvider(prompt_limit=limit, takes_negative=takes_negative)
    once, _ = adapt(ImageRequest(prompt=prompt, negative_prompt=negative, width_px=1920, height_px=1080), provider)

    assert (once, []) == adapt(once, provider)


@given(st.integers(min_value=1, max_value=4000), st.integers(min_value=1, max_value=4000), texts)
def test_only_what_the_model_needs_is_changed(width_px, height_px, prompt):
    """Seed and our own mark on the request go along untouched."""
    asked = ImageRequest(prompt=prompt, width_px=width_px, height_px=height_px, seed=11, request_id="mark")
    request, _ = adapt(asked, FakeProvider(prompt_limit=10_000))

    assert asked == replace(request, width_px=width_px, height_px=height_px)


MODELS = [
    *((DashScope, model) for model in ("wanx2.1-t2i-plus", "wan2.5-t2i-preview", "wan2.6-t2i", "wan2.7-image")),
    *((DashScope, model) for model in ("qwen-image", "qwen-image-2.0", "z-image-turbo")),
    *((ModelScope, model) for model in ("Tongyi-MAI/Z-Image-Turbo", "Qwen/Qwen-Image", "MusePublic/489_ckpt_FLUX_1")),
]


@pytest.mark.parametrize(("kind", "model"), MODELS, ids=[model for _, model in MODELS])
@pytest.mark.parametrize("prompt", [ENGLISH * 20, CHINESE * 60], ids=["en", "zh"])
def test_an_adapted_request_is_taken_by_every_model(kind, model, prompt):
    """Failover: what one model was asked for passes the checks of the other before anything is paid."""
    offline = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    provider = kind(api_key="key", client=offline, model=model)
    asked = ImageRequest(prompt=prompt, negative_prompt="text, letters", width_px=1920, height_px=1080)
    request, notes = adapt(asked, provider)

    assert provider.refusal(request.width_px, request.height_px) is None
    assert len(request.prompt) <= provider.prompt_limit
    assert provider.takes_negative or "" == request.negative_prompt
    assert len(notes) == (request.width_px != 1920) + (len(prompt) > provider.prompt_limit)
