"""What all processes of the machine share: allowances of the providers, and how long tasks take."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m008_budgets(db: "Database") -> None:
    """One row an allowance; places of tasks under way; how long each task took; see `tools.money.budgets`."""
    db.table("budgets").create(
        {
            "name": str,  # e.g. "submits dashscope wanx2.1-t2i-plus"
            "next_at": float,  # seconds since 1970: the next one may go out then
            "paused_until": float,  # seconds since 1970: the service asked for patience until then
        },
        pk="name",
        not_null={"next_at", "paused_until"},
    )
    db.table("leases").add_column("place", str)  # the allowance in which this image's task counts as under way
    db.table("leases").create_index(["place"])
    db.table("tasks").add_column("duration_s", float)  # from the submit until it was ready
    db.table("tasks").create_index(["provider", "model", "id"])
    db.execute("CREATE INDEX tasks_intents ON tasks(provider) WHERE status = 'intent'")


def m011_budget_times(db: "Database") -> None:
    """Times of allowances as text, like all others; what was booked before is forgotten."""
    db.table("budgets").drop()
    db.table("budgets").create(
        {
            "name": str,
            "next_at": str,  # the next one may go out then
            "paused_until": str,  # the service asked for patience until then; long ago where it did not
        },
        pk="name",
        not_null={"next_at", "paused_until"},
    )
