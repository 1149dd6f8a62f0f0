"""The sheet that is drawn on: collects shapes, each over the earlier ones, and returns them as one SVG document.

All lengths are in sheet units: the shorter side of every picture is 1000 units, whatever its size in pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.sketch.icons import Icon
from tools.sketch.paths import Box, Point, polyline

LINE_WEIGHT = 6.8
_HALO = 3.6


@dataclass(slots=True)
class Sheet:
    """A sheet with everything drawn so far, in one line weight; white areas hide what is below them.

    `taken` are the boxes that are occupied, see `tools.sketch.picture`.
    """

    width: float
    height: float
    taken: list[Box] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _clips: int = 0

    def line(self, path: str, *, dash: str = "") -> None:
        """Draw an open line; `dash` is an SVG dash pattern in sheet units."""
        pattern = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<path d="{path}"{pattern}/>')

    def shape(self, path: str, *, dash: str = "") -> None:
        """Draw a closed shape with white inside."""
        pattern = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<path d="{path}" fill="#fff"{pattern}/>')

    def erase(self, path: str) -> None:
        """Fill the inside of a path with white, without an outline."""
        self._parts.append(f'<path d="{path}" fill="#fff" stroke="none"/>')

    def erase_outside(self, path: str) -> None:
        """Fill the sheet outside a closed path with white; this is far cheaper than clipping to it."""
        whole = f"M0 0H{self.width:.1f}V{self.height:.1f}H0Z"
        self._parts.append(f'<path d="{whole}{path}" fill="#fff" fill-rule="evenodd" stroke="none"/>')

    def band(self, points: Sequence[Point], widths: Sequence[float]) -> None:
        """Draw a path through the points, white with an outline; `widths` are its widths from each point on."""
        steps = list(zip(points, points[1:], widths, strict=False))
        for color, extra in (("#000", LINE_WEIGHT), ("#fff", -LINE_WEIGHT)):
            for start, end, width in steps:
                self._parts.append(
                    f'<path d="{polyline((start, end))}" stroke="{color}" stroke-width="{width + extra:.1f}"/>'
                )

    def circle(self, x: float, y: float, radius: float, *, dash: str = "", fill: str = "#fff") -> None:
        """Draw a circle, white inside unless `fill` is ``none``."""
        pattern = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}"{pattern}/>')

    def dot(self, x: float, y: float, radius: float = 5.0) -> None:
        """Draw a black dot."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#000" stroke="none"/>')

    def open_clip(self, path: str) -> None:
        """Clip everything drawn until `close_clip` to the inside of the path."""
        self._clips += 1
        name = f"clip{self._clips}"
        self._parts.append(f'<clipPath id="{name}"><path d="{path}"/></clipPath><g clip-path="url(#{name})">')

    def close_clip(self) -> None:
        """End the last `open_clip`."""
        self._parts.append("</g>")

    def icon(self, icon: Icon, box: Box, *, flip: bool = False, turn: float = 0.0, halo: bool = True) -> None:
        """Draw the icon as large as fits into the box, on the middle of its lower edge.

        `turn` is in degrees. The halo is a white rim that separates the icon from what is behind it.
        """
        scale = min(box.width / icon.width, box.height / icon.height)
        move = f"translate({box.center_x:.1f},{box.bottom:.1f})"
        middle = icon.height * scale / 2
        turned = f" translate(0,{-middle:.1f}) rotate({turn:.1f}) translate(0,{middle:.1f})" if turn else ""
        center = (icon.left + icon.right) / 2
        size = f"scale({-scale if flip else scale:.3f},{scale:.3f}) translate({-center:.3f},{-icon.bottom:.3f})"
        place = f'transform="{move}{turned} {size}"'
        weight = LINE_WEIGHT / scale
        if halo:
            self._parts.append(
                f'<g {place} stroke="#fff" color="#fff" stroke-width="{weight * _HALO:.3f}">{icon.body}'
                f'<path d="{icon.cover}" fill="#fff" stroke="none"/></g>'
            )
        self._parts.append(f'<g {place} color="#000" fill="none" stroke-width="{weight:.3f}">{icon.body}</g>')

    def svg(self) -> str:
        """Return the SVG document."""
        body = "".join(self._parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.1f} {self.height:.1f}" '
            f'fill="none" stroke="#000" stroke-width="{LINE_WEIGHT}" stroke-linecap="round" stroke-linejoin="round">'
            f'<rect width="100%" height="100%" fill="#fff" stroke="none"/>{body}</svg>'
        )
