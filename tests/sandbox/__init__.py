"""A server on loopback that speaks the protocols of ModelScope, DashScope, MiniMax and OSS.

`Sandbox` runs it inside a test; `python -m tests.sandbox` runs it in a terminal. It costs nothing, keeps everything in
memory, counts what would have been paid, and fails on command (see `tests.sandbox.faults`).
"""

from tests.sandbox.faults import Call, Fault
from tests.sandbox.server import Sandbox
from tests.sandbox.tasks import Limits, Task
from tests.sandbox.world import Keys, LoggedRequest, StoredObject

__all__ = ["Call", "Fault", "Keys", "Limits", "LoggedRequest", "Sandbox", "StoredObject", "Task"]
