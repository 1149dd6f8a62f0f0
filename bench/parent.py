"""The parent process of `bench.forks`: imports modules, then forks a process for every order on standard input.

It has one thread and opens nothing, so that a fork is like a fresh process that has done its imports.
"""

import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
import traceback
from contextlib import suppress
from typing import Any, NoReturn


def main() -> None:
    """Serve orders until standard input is closed, then kill the forks that still run."""
    for module in sys.argv[1:]:
        importlib.import_module(module)
    if threading.active_count() != 1:
        raise RuntimeError(f"An import started a thread, which a fork would lose: {threading.enumerate()}")
    gc.freeze()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    say(ready=True)
    serve(wake_read, to_close=(wake_read, wake_write))


def serve(wake: int, *, to_close: tuple[int, ...]) -> None:
    """Wait for orders and for forks that end."""
    running: set[int] = set()
    received = b""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            reap(running)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, received = (received + data).split(b"\n")
            for line in lines:
                obey(json.loads(line), running, to_close=to_close)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def obey(order: dict[str, Any], running: set[int], *, to_close: tuple[int, ...]) -> None:
    """Fork a process, or send a signal to one that still runs."""
    if "signal" in order:
        if order["pid"] in running:
            os.kill(order["pid"], order["signal"])
        return
    pid = os.fork()
    if pid == 0:
        become(order, to_close=to_close)
    running.add(pid)
    say(pid=pid)


def reap(running: set[int]) -> None:
    """Report how each fork that has ended did so."""
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            running.discard(pid)
            say(pid=pid, status=os.waitstatus_to_exitcode(status))


def say(**told: Any) -> None:
    """Write one line to whoever gave the orders."""
    os.write(1, json.dumps(told).encode() + b"\n")


def become(order: dict[str, Any], *, to_close: tuple[int, ...]) -> NoReturn:
    """Run the ordered program in this fork, from its entry point to its end."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in to_close:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    redirect(order["name"])
    module, _, function = order["entry"].partition(":")
    sys.argv = [module, *order["arguments"]]
    status = 1
    try:
        getattr(importlib.import_module(module), function)()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def redirect(name: str) -> None:
    """Redirect standard input from nothing, and standard output and error to files."""
    targets = {0: (os.devnull, os.O_RDONLY), 1: (f"{name}.out", os.O_WRONLY | os.O_CREAT)}
    targets[2] = (f"{name}.err", os.O_WRONLY | os.O_CREAT)
    for descriptor, (path, flags) in targets.items():
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)


if __name__ == "__main__":
    main()
