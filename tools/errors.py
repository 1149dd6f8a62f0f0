"""All errors that Peitu raises, with who must act.

* PeituError
  - InputError        the caller: the content, a flag or a row is not usable; nothing was paid
  - ConfigError       the operator: a key, a setting, a balance or a permission
    + ParameterError  the operator: this size, model or parameter is refused; other requests may pass
    + StorageError    the operator: a database or the disk cannot be used; it says nothing about a provider
      . PlaceError    the operator: one file cannot be written at its path; others may be
    + QuotaError      the operator or time: the allowance of a model is spent for now
  - RejectedError     the author: the provider refuses this prompt or these parameters
  - UnavailableError  nobody: the service did not do it now; the same call may work later
    + ThrottledError  nobody: the requests came too fast; wait, then go on more slowly
  - ElsewhereError    nobody: the image has a task at another provider; go on there
  - OverdueError      nobody: a paid task, or its download, takes too long; it is collected later, never bought again
  - GoneError         the user: a paid picture lost its file and its provider no longer keeps it; never bought again
  - TaskFailedError   nobody: the provider gave a task up, unbilled; a new task may be submitted
    + TaskRefusedError  the operator: because of a parameter, the key or the balance; a new task would fail alike
  - LostReplyError    the ledger: a paid request whose answer never came; never send it again blindly
  - ClosedError       the program: it closed the workflow during the work, or calls it after that

A message says what was tried, on what, what came back and what to do. It holds no key, no signed
URL and no image body.
"""

import re

_DIFFERS = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9a-fA-F-]{8,}|[0-9]+")


class PeituError(RuntimeError):
    """The base of all errors that Peitu raises.

    It is a `RuntimeError`, since LangGraph's server passes on the messages of only a few built-in classes
    (langgraph-api 0.16.7, `langgraph_api/serde.py`, read 2026-11-30); of others, callers get "An internal error
    occurred".
    """


class InputError(PeituError):
    """The input cannot be used as it is; correct it and start again."""


class ConfigError(PeituError):
    """A key, a setting, a balance or a permission is missing or wrong; the operator must act."""


class ParameterError(ConfigError):
    """The service refuses a parameter of this request, e.g. the size; it says nothing about other requests."""


class StorageError(ConfigError):
    """A database or a file cannot be read or written; fix the disk, the permissions or the path."""


class PlaceError(StorageError):
    """One file cannot be written at its path; others may be."""


class QuotaError(ConfigError):
    """The allowance is spent for now, e.g. today's; use another model or wait until it resets."""


class RejectedError(PeituError):
    """The service refuses this prompt or these parameters; the same request would be refused again."""


REWORD = "reword the prompt: this one will be refused again"
"""How the message of a refused prompt ends."""


class UnavailableError(PeituError):
    """The service did not do it now; the same call may work later.

    `retry_after_s` is the wait that the service asked for, in seconds, or `None`.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ThrottledError(UnavailableError):
    """The service refused the request because requests came too fast; no task was made."""


class ElsewhereError(PeituError):
    """Another provider has a task of this image; it is collected there, and nothing is bought here."""


class OverdueError(PeituError):
    """A paid task was not done by its deadline, or its picture came too slowly; a later run collects it."""


class GoneError(PeituError):
    """A paid picture lost its file, and its provider no longer keeps it; only the user may order another one."""


class TaskFailedError(PeituError):
    """The provider gave up the task and does not bill it; a new task may be submitted."""


class TaskRefusedError(TaskFailedError):
    """The provider gave up the task, unbilled, for a reason that a new one would meet, too, e.g. the balance."""


class LostReplyError(PeituError):
    """A paid request was sent and its answer never came: the service may have taken it.

    Only a look-up with the provider, or the user, may decide; sending again may pay twice.
    """


class ClosedError(PeituError):
    """The workflow was closed before or during this call; open it again to continue the run."""


def similar(message: str) -> str:
    """Return the message with names, ids and numbers replaced, so that messages of one kind are equal."""
    return _DIFFERS.sub("…", message)
