"""What users are told of a paid request whose answer was lost."""

from tools.money.jobs import Service
from tools.sqlite.task_rows import Task


def lost(task: Task, service: Service, why: str) -> str:
    """Return what is known of the request; `why` is the reason for which the provider's list does not settle it."""
    at = f"{task.intended_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{service.name} may have taken the request of {at}, but its answer was lost and {why}"


def held(task: Task, service: Service, why: str) -> str:
    """Return that it is held, and how to go on."""
    return (
        f"{lost(task, service, why)} - held, so that nothing is paid twice; see the provider's console, then resume "
        "with --resubmit to send it again"
    )


def not_fetched(task: Task, service: Service) -> str:
    """Return the same of a request that was answered with the picture itself, by a link that nobody keeps."""
    return (
        f"{service.name} made this picture at {task.submitted_at:%Y-%m-%d %H:%M:%S} UTC, it may be paid, and it could "
        "not be fetched - held, so that nothing is paid twice; resume with --resubmit to make it again"
    )
