"""Make the contact sheet: all pictures of a run on one page with number and subject; failed ones as empty frames."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import InputError
from tools.gallery.sheet_page import WORDS, Grid, SheetPage, arrange
from tools.pictures.fonts import FontFile, has_chinese
from tools.sqlite.connection import reading

if TYPE_CHECKING:
    from PIL.Image import Image


def contact_sheet(run: Mapping[str, Any], *, font: FontFile | None, label: str | None = None) -> bytes:
    """Return a JPEG with every picture of the run, which is as from `tools.sqlite.records.find_run`.

    An image with an `id`, as in a batch, is labelled with it instead of its number. If the run has only the first of
    many images, its key `whole` is a tuple of how many pictures there are, and how many were asked for.

    `font` comes from `tools.pictures.fonts.chinese_font`; with `None`, Chinese is drawn as empty boxes. `label` is the
    AIGC label of the sheet, if a model made any of its pictures.
    """
    from tools.pictures.labels import xmp_packet

    images = entries_of(run)
    grid = arrange(len(images), [(image["width"], image["height"]) for image in images])
    words = WORDS["zh" if has_chinese(f"{run['title']} {run['content']}") else "en"]
    page = SheetPage(grid, font=font, words=words)
    saved = sum(image["status"] == "saved" for image in images)
    count = words["count"].format(saved, len(images))
    if whole := run.get("whole"):
        count = words["first"].format(*whole, len(images))
    page.draw_head(
        run["title"] or run["run_id"], [run["started_at"][:10], run["options"].get("style"), count, run["run_id"]]
    )
    for position, image in enumerate(images):
        page.draw_image(position, image, _picture(image, grid))
    buffer = io.BytesIO()
    page.picture.save(buffer, "JPEG", quality=88, optimize=True, xmp=xmp_packet({}, label))
    return buffer.getvalue()


def keep_pictures(database_path: Path, path: Path) -> None:
    """Check that `path` is not a picture of a run, e.g. one that a storyboard calls `sheet.jpg`.

    Raises:
        InputError: The file is a recorded picture; choose another name.
    """
    if not database_path.exists() or not path.exists():
        return
    with reading(database_path) as connection:
        rows = connection.execute(
            "SELECT path FROM images WHERE substr(path, -length(:name)) = :name"
            " UNION SELECT path FROM versions WHERE substr(path, -length(:name)) = :name",
            {"name": path.name},
        ).fetchall()
    wanted = path.resolve()
    if any(Path(row["path"]).resolve() == wanted for row in rows):
        raise InputError(f"{str(path)!r} is a picture of a run - name another file with --output")


def entries_of(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the images of the run with data from its plan; planned ones without a record are ``waiting``."""
    plans = {prompt["index"]: prompt for prompt in (run.get("plan") or {}).get("prompts") or []}
    recorded = {image["index"]: image for image in run["images"]}
    entries = []
    for index in sorted(plans.keys() | recorded.keys()):
        plan, image = plans.get(index, {}), recorded.get(index, {"status": "waiting"})
        known = {name: image.get(name) for name in ("status", "path", "error", "prompt")}
        size = {name: image.get(name) or plan.get(f"{name}_px") for name in ("width", "height")}
        entries.append(
            {
                **known,
                **size,
                "name": str(image.get("id", index + 1)),
                "text": plan.get("subject") or known["prompt"] or "",
            }
        )
    return entries


def _picture(image: Mapping[str, Any], grid: Grid) -> "Image | None":
    """Return the picture scaled to fit its frame, or `None` if there is none that can be read."""
    from PIL import Image, ImageOps

    from tools.pictures.pixels import DAMAGES, flatten

    if image["status"] != "saved" or not image["path"]:
        return None
    try:
        with Image.open(image["path"]) as picture:
            picture.thumbnail((grid.width_px, grid.height_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
            return ImageOps.contain(flatten(picture), (grid.width_px, grid.height_px))
    except (Image.DecompressionBombError, *DAMAGES):
        return None
