"""Plants and pebbles on the ground; `x` and `y` are the middle of the foot of each."""

from tools.sketch.paths import Box, polyline, smooth, trace
from tools.sketch.picture import Picture


def grass(picture: Picture, x: float, y: float) -> None:
    """Draw a tuft of three blades of grass."""
    tall = picture.rng.uniform(18, 30)
    picture.sheet.line(f"M{x - 13:.1f} {y:.1f}q-2 {-tall * 0.5:.1f} -8 {-tall * 0.7:.1f}")
    picture.sheet.line(f"M{x:.1f} {y:.1f}v{-tall:.1f}")
    picture.sheet.line(f"M{x + 13:.1f} {y:.1f}q2 {-tall * 0.5:.1f} 8 {-tall * 0.7:.1f}")


def bloom(picture: Picture, x: float, y: float) -> None:
    """Draw a small flower with a stem."""
    tall = picture.rng.uniform(22, 32)
    picture.sheet.line(f"M{x:.1f} {y:.1f}v{-tall:.1f}M{x:.1f} {y - 6:.1f}q10 -2 14 -12")
    picture.sheet.circle(x, y - tall - 8, 8.5)


def pebble(picture: Picture, x: float, y: float) -> None:
    """Draw a stone that is half in the ground."""
    half = picture.rng.uniform(13, 20)
    picture.sheet.line(f"M{x - half:.1f} {y:.1f}q{half:.1f} {-half * 1.7:.1f} {half * 2:.1f} 0")


def round_tree(picture: Picture, x: float, y: float, height: float) -> None:
    """Draw a tree with a round crown."""
    h, w = height, height * 0.3
    picture.sheet.line(f"M{x:.1f} {y:.1f}V{y - h * 0.5:.1f}")
    crown = y - h * 0.66
    picture.sheet.shape(
        smooth(
            [(x, crown - h * 0.34), (x + w, crown - h * 0.1), (x + w * 0.9, crown + h * 0.2), (x, crown + h * 0.26),
             (x - w * 0.9, crown + h * 0.2), (x - w, crown - h * 0.1)],
            closed=True,
        )
    )  # fmt: skip
    picture.sheet.line(trace("M", x, y - h * 0.4, "V", crown, "M", x, crown + h * 0.16, "l", w * 0.45, -h * 0.13))
    picture.take(Box(x - w, y - h, x + w, y))


def pine(picture: Picture, x: float, y: float, height: float) -> None:
    """Draw a pine with three tiers."""
    h, w = height, height * 0.24
    picture.sheet.line(f"M{x:.1f} {y:.1f}v{-h * 0.2:.1f}")
    for low, high, half in ((0.16, 0.5, 1.0), (0.4, 0.74, 0.78), (0.62, 1.0, 0.56)):
        picture.sheet.shape(
            polyline([(x - w * half, y - h * low), (x, y - h * high), (x + w * half, y - h * low)], closed=True)
        )
    picture.take(Box(x - w, y - h, x + w, y))
