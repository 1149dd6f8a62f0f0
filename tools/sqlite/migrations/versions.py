"""Versions: the pictures that were made for one image of a run, one after the other."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m010_versions(db: "Database") -> None:
    """One row a version of an image that was made anew; `images` has the one shown. See `tools.sqlite.versions`."""
    db.table("versions").create(
        {
            "run_id": str,
            "image_index": int,
            "version": int,  # from 1, the picture that was there first
            "status": str,  # saved, failed, unknown; waiting: planned, or being made
            "path": str,
            "url": str,
            "prompt": str,
            "provider": str,
            "model": str,
            "seed": int,
            "width_px": int,
            "height_px": int,
            "sha256": str,
            "attempts": int,
            "error": str,
            "recorded_at": str,
            "asked": str,  # what the user asked for, JSON
            "plan": str,  # the planned prompt, JSON
        },
        pk=("run_id", "image_index", "version"),
        not_null={"status"},
    )
