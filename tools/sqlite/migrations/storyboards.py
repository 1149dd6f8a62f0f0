"""Storyboards: many contents that are worked through as one batch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m009_storyboards(db: "Database") -> None:
    """One row a batch, one row a segment of it; a segment is a run of its own."""
    db.table("batches").create(
        {
            "batch_id": str,
            "source": str,  # the file or folder that it was read from
            "options": str,  # settings that the command line changed, JSON
            "requested": int,  # images of all segments
            "started_at": str,
            "finished_at": str,
        },
        pk="batch_id",
        not_null={"source", "requested", "started_at"},
    )
    segments = db.table("segments")
    segments.create(
        {
            "batch_id": str,
            "number": int,  # position in the storyboard, from 0
            "segment_id": str,  # what the storyboard calls it
            "run_id": str,
            "asked": str,  # the input of the graph, JSON
            "first_index": int,  # index of its first image within the batch
            "requested": int,  # images of this segment
            "status": str,  # waiting, skipped, finished, failed
            "error": str,
        },
        pk=("batch_id", "number"),
        not_null={"segment_id", "run_id", "asked", "first_index", "requested", "status"},
    )
    segments.create_index(["run_id"], unique=True)
    segments.create_index(["batch_id", "status"])
