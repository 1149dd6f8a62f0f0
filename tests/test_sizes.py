"""Sizes: what a model refuses becomes the nearest size of the same shape, or nothing at all."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.providers.models import DASHSCOPE_MODELS, MODELSCOPE_MODELS, Model
from tools.providers.sizes import MOST_SCALED, SHAPE_TOLERANCE, SKETCH_SIZES, STEP_PX, Sizes

MODELS = (*DASHSCOPE_MODELS, *MODELSCOPE_MODELS)
ALL_SIZES = [model.sizes for model in MODELS] + [SKETCH_SIZES]
WANX = Sizes(side_px=(512, 1440))
WAN25 = Sizes(area_px=(1280**2, 1440**2), max_ratio=4)
QWEN = Sizes(only=((1664, 928), (1472, 1104), (1328, 1328), (1104, 1472), (928, 1664)))

sizes = st.sampled_from(ALL_SIZES)
sides = st.integers(min_value=1, max_value=9000)


def shape_error(asked: tuple[int, int], given: tuple[int, int]) -> float:
    return abs(log(given[0] / given[1]) - log(asked[0] / asked[1]))


def rounding_error(given: tuple[int, int]) -> float:
    """How far a shape may be off when both sides are rounded to the step."""
    return sum(log(side / (side - STEP_PX)) if side > STEP_PX else 1.0 for side in given)


@given(sizes, sides, sides)
def test_what_comes_out_is_allowed(allowed, width_px, height_px):
    """A mended size is never refused in its turn."""
    near = allowed.nearest(width_px, height_px)

    assert near is None or allowed.allow(*near)


@given(sizes, sides, sides)
def test_an_allowed_size_stays_as_it_is(allowed, width_px, height_px):
    """Mending twice changes nothing, and what is allowed is not mended."""
    near = allowed.nearest(width_px, height_px)

    assert near is None or near == allowed.nearest(*near)
    if allowed.allow(width_px, height_px):
        assert (width_px, height_px) == near


@given(sizes, sides, sides)
def test_the_shape_stays(allowed, width_px, height_px):
    """Within rounding; within a fifth where a model has only a few sizes."""
    near = allowed.nearest(width_px, height_px)
    if near is None or near == (width_px, height_px):
        return
    tolerance = log(SHAPE_TOLERANCE) if allowed.only else rounding_error(near)

    assert shape_error((width_px, height_px), near) <= tolerance + 1e-9


@given(sizes, sides, sides)
def test_it_is_no_other_picture(allowed, width_px, height_px):
    """More than twice or less than half of what was asked for is not given, apart from the rounding."""
    near = allowed.nearest(width_px, height_px)
    if near is None:
        return
    for asked, given_px in zip((width_px, height_px), near, strict=True):
        if allowed.only:
            assert 1 / (MOST_SCALED * SHAPE_TOLERANCE) <= given_px / asked <= MOST_SCALED * SHAPE_TOLERANCE
        else:
            assert asked / MOST_SCALED - STEP_PX <= given_px <= asked * MOST_SCALED + STEP_PX


@given(sizes, sides, sides)
def test_width_and_height_are_treated_alike(allowed, width_px, height_px):
    """A size on its side is mended as the upright one; lists of sizes know both ways too."""
    near, turned = allowed.nearest(width_px, height_px), allowed.nearest(height_px, width_px)

    assert near == (turned and turned[::-1])


@given(st.sampled_from([one for one in ALL_SIZES if one.side_px]), sides, sides)
def test_sides_are_mended_wherever_that_is_possible(allowed, width_px, height_px):
    """Where both sides can be brought within the limits by a factor below two, a size is found."""
    short, long = sorted((width_px, height_px))
    low, high = allowed.side_px
    margin = STEP_PX
    fits = long / short <= (high - margin) / (low + margin)
    near_enough = low <= short * MOST_SCALED and long <= high * MOST_SCALED

    if fits and near_enough:
        assert allowed.nearest(width_px, height_px) is not None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.pattern)
def test_every_model_draws_its_default_size(model: Model):
    """The size that a refusal recommends is not refused itself."""
    assert model.sizes.allow(*model.default_size_px)
    assert model.default_size_px == model.sizes.nearest(*model.default_size_px)
    assert model.refusal("m", *model.default_size_px) is None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.pattern)
@pytest.mark.parametrize("size", [(1024, 1024), (1024, 768), (768, 1024), (1280, 720), (720, 1280), (1920, 1080)])
def test_every_model_can_do_the_usual_sizes(model, size):
    """What people ask for is drawn by each model, at worst a little larger or smaller."""
    assert model.sizes.nearest(*size) is not None


@pytest.mark.parametrize(
    ("allowed", "asked", "expected"),
    [
        (WANX, (1920, 1080), (1440, 800)),
        (WANX, (400, 400), (512, 512)),
        (WANX, (1440, 512), (1440, 512)),
        (WANX, (256, 256), (512, 512)),
        (WANX, (255, 255), None),
        (WANX, (2880, 2880), (1440, 1440)),
        (WANX, (2881, 2881), None),
        (WANX, (3000, 600), None),
        (WAN25, (1024, 1024), (1280, 1280)),
        (WAN25, (640, 640), (1280, 1280)),
        (WAN25, (600, 600), None),
        (WAN25, (1024, 200), None),
        (QWEN, (1024, 1024), (1328, 1328)),
        (QWEN, (1920, 1080), (1664, 928)),
        (QWEN, (1080, 1920), (928, 1664)),
        (QWEN, (2560, 1080), None),
        (QWEN, (512, 512), None),
    ],
)
def test_known_sizes_are_mended_so(allowed, asked, expected):
    """The nearest of the same shape; none where it would be another picture."""
    assert expected == allowed.nearest(*asked)


@pytest.mark.parametrize("size", [(0, 0), (0, 512), (-512, 512), (512, -1)])
def test_a_size_that_is_none_is_refused(size):
    """No picture has no side, and the question does no harm."""
    for allowed in ALL_SIZES:
        assert not allowed.allow(*size)
        assert allowed.nearest(*size) is None


def test_the_rules_read_as_a_sentence():
    """A refusal says what would be taken."""
    assert "each side 512 to 1440 pixels" == str(WANX)
    assert "1638400 to 2073600 pixels in all, no side over 4 times the other" == str(WAN25)
    assert str(QWEN).startswith("one of 1664x928, 1472x1104")
