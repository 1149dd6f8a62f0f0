"""Run the sandbox in a terminal: prints variables to paste into a shell, then logs each request until Ctrl-C."""

import argparse
import contextlib
import shlex
import sys
import threading
from datetime import datetime

from tests.sandbox.server import Sandbox
from tests.sandbox.tasks import Seconds
from tests.sandbox.world import LoggedRequest


def parse_seconds(text: str) -> Seconds:
    """Return ``3`` or ``1-3`` as seconds, fixed or a range."""
    low, dash, high = text.partition("-")
    return (float(low), float(high)) if dash else float(low)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="on 127.0.0.1; 0: any free one (default: 8765)")
    parser.add_argument(
        "--task-seconds",
        type=parse_seconds,
        default=(1.0, 3.0),
        metavar="A-B",
        help="a task takes (default: 1-3)",
    )
    parser.add_argument("--submit-rate", type=float, metavar="R", help="submits a second, beyond it 429")
    parser.add_argument("--running", type=int, metavar="N", help="tasks that run at once, the others wait")
    parser.add_argument("--fail-rate", type=float, default=0.0, metavar="F", help="share of tasks that fail, 0…1")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is random")
    return parser.parse_args(given)


def build(options: argparse.Namespace) -> Sandbox:
    """Return the sandbox that was asked for."""
    sandbox = Sandbox(port=options.port, seed=options.seed, log=print_line)
    for service in ("dashscope", "modelscope"):
        sandbox.set_limits(
            service,
            task_seconds=options.task_seconds,
            submit_per_s=options.submit_rate,
            running=options.running,
        )
        if options.fail_rate:
            sandbox.fault(service, "submit", kind="failed", share=options.fail_rate)
    return sandbox


def print_line(line: LoggedRequest) -> None:
    """Write one request to standard error."""
    moment = datetime.fromtimestamp(line.at).astimezone().strftime("%H:%M:%S.%f")[:-3]
    status = line.status or "dropped"
    print(f"{moment} {line.service:10} {line.step:8} {line.method:6} {line.path} {status}", file=sys.stderr)


def main() -> None:
    """Run until Ctrl-C."""
    options = arguments()
    with contextlib.ExitStack() as stack:
        try:
            sandbox = stack.enter_context(build(options))
        except OSError as error:
            sys.exit(f"Port {options.port} cannot be used ({error.strerror}) - take any free one: --port 0")
        for name, value in sandbox.environment().items():
            print(f"export {name}={shlex.quote(value)}")
        print(
            f"# The sandbox listens on {sandbox.url}; its counts: curl {sandbox.url}/control/state",
            flush=True,
        )
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    print(f"{len(sandbox.tasks)} tasks, {sandbox.billed} images billed", file=sys.stderr)


if __name__ == "__main__":
    main()
