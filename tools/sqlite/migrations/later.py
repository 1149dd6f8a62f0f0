"""Later tables and changes: budgets, batches, versions. The next change goes to the end."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m008_budgets(db: "Database") -> None:
    """One row per allowance; slots of tasks under way; duration of each task; see `tools.money.budgets`."""
    db.table("budgets").create(
        {
            "name": str,  # e.g. "submits dashscope wanx2.1-t2i-plus"
            "next_at": float,  # seconds since 1970: time of the next turn
            "paused_until": float,  # seconds since 1970: the service asked to wait until then
        },
        pk="name",
        not_null={"next_at", "paused_until"},
    )
    db.table("leases").add_column("place", str)  # the allowance in which this image's task counts as under way
    db.table("leases").create_index(["place"])
    db.table("tasks").add_column("duration_s", float)  # from the answered submit until the picture was ready
    db.table("tasks").create_index(["provider", "model", "id"])
    db.execute("CREATE INDEX tasks_intents ON tasks(provider) WHERE status = 'intent'")


def m009_storyboards(db: "Database") -> None:
    """One row per batch, and one per segment of it; each segment is a run of its own."""
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
            "segment_id": str,  # its id in the storyboard
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


def m010_versions(db: "Database") -> None:
    """One row per version of a redone image; `images` has the shown one. See `tools.sqlite.versions`."""
    db.table("versions").create(
        {
            "run_id": str,
            "image_index": int,
            "version": int,  # 1 is the first picture
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


def m011_budget_times(db: "Database") -> None:
    """Store the times of allowances as text, like all others; old values are dropped."""
    db.table("budgets").drop()
    db.table("budgets").create(
        {
            "name": str,
            "next_at": str,  # time of the next turn
            "paused_until": str,  # the service asked to wait until then; a time long ago if it did not
        },
        pk="name",
        not_null={"next_at", "paused_until"},
    )


def m012_indexes(db: "Database") -> None:
    """Find the newest runs, and the run that made a file, without reading every row."""
    db.table("runs").create_index(["started_at"])
    db.table("images").create_index(["sha256"])


def m013_guesses(db: "Database") -> None:
    """Remember which task was taken from a provider's list, so that a later run looks at its words, too."""
    db.table("tasks").add_column("is_guess", int)  # 1: the only one of its moment; its words decide
