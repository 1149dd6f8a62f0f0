"""The first tables: runs, images, the ledger, uploads, leases, standings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m001_runs(db: "Database") -> None:
    """One row per run: one content, one LangGraph thread."""
    db.table("runs").create(
        {
            "run_id": str,
            "status": str,  # running, finished
            "title": str,
            "content": str,
            "options": str,  # what was asked for, JSON
            "requested": int,
            "count": int,
            "success": int,
            "language_model": str,
            "notes": str,  # JSON list
            "started_at": str,
            "finished_at": str,
        },
        pk="run_id",
        not_null={"status", "started_at"},
    )


def m002_images(db: "Database") -> None:
    """One row per image of a run, with its current state."""
    db.table("images").create(
        {
            "run_id": str,
            "image_index": int,
            "status": str,  # saved, failed, unknown
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
        },
        pk=("run_id", "image_index"),
        not_null={"status"},
    )


def m003_tasks(db: "Database") -> None:
    """The ledger: one row per paid request, written before it is sent; see `tools.money.ledger`."""
    tasks = db.table("tasks")
    tasks.create(
        {
            "id": int,
            "run_id": str,
            "image_index": int,
            "provider": str,
            "model": str,
            "status": str,  # intent, submitted, succeeded, saved, refused, failed, throttled, unknown
            "task_id": str,
            "request_id": str,
            "prompt_sha256": str,
            "seed": int,
            "width_px": int,
            "height_px": int,
            "polls": int,
            "error": str,
            "intended_at": str,
            "submitted_at": str,
            "succeeded_at": str,
            "ended_at": str,
        },
        pk="id",
        not_null={"run_id", "image_index", "provider", "status", "intended_at"},
        defaults={"polls": 0},
    )
    tasks.create_index(["run_id", "image_index"])
    # A provider's task belongs to one image forever; SQLite refuses a second claim.
    db.execute("CREATE UNIQUE INDEX tasks_provider_task_id ON tasks(provider, task_id) WHERE task_id IS NOT NULL")


def m004_uploads(db: "Database") -> None:
    """One row per object that is known to be in a bucket."""
    uploads = db.table("uploads")
    uploads.create(
        {
            "id": int,
            "bucket": str,
            "object_key": str,
            "md5": str,
            "size_bytes": int,
            "content_type": str,
            "url": str,
            "uploaded_at": str,
        },
        pk="id",
        not_null={"bucket", "object_key", "md5", "url"},
    )
    uploads.create_index(["bucket", "object_key"], unique=True)
    uploads.create_index(["bucket", "md5"])


def m005_leases(db: "Database") -> None:
    """One row per lease, on an image or a whole run or batch; see `tools.money.leases`."""
    db.table("leases").create(
        {"run_id": str, "image_index": int, "owner": str, "taken_at": str},
        pk=("run_id", "image_index"),
        not_null={"owner"},
    )


def m006_standings(db: "Database") -> None:
    """One row per model of a provider: its standing when that last changed; see `tools.money.health`."""
    db.table("standings").create(
        {"provider": str, "model": str, "state": str, "reason": str, "until": str, "changed_at": str},
        pk=("provider", "model"),
        not_null={"state"},
    )


def m007_threads(db: "Database") -> None:
    """Let a thread have several runs, one after the other; store the picture and the prompt of each task."""
    db.table("runs").add_column("thread_id", str)
    db.table("runs").add_column("plan", str)  # what the node `prompt` planned, JSON
    db.table("tasks").add_column("picture", str)
    db.table("tasks").add_column("prompt", str)
