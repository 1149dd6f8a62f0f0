"""Pin all versions that uv resolves, so that a fresh clone installs the same set next year.

Writes exact versions into `[tool.uv] constraint-dependencies` of `pyproject.toml`, instead of committing `uv.lock`,
which contains the download addresses of whoever made it.

    uv run scripts/pin.py               pin what is resolved now, after a change of the dependencies
    uv run scripts/pin.py --upgrade     take the newest versions that fit together, and pin those
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_PINS = re.compile(r"^constraint-dependencies\s*=\s*\[[^\]]*\]\n", re.MULTILINE)


def main() -> None:
    """Resolve, pin and print what changed; if uv finds no solution, leave the file as it was."""
    parser = argparse.ArgumentParser(description="Pin everything that uv resolves in pyproject.toml.")
    parser.add_argument("--upgrade", action="store_true", help="forget the pins and take the newest versions")
    upgrade = parser.parse_args().upgrade
    project = ROOT / "pyproject.toml"
    before = project.read_text(encoding="utf-8")
    try:
        if upgrade:
            project.write_text(with_pins(before, {}), encoding="utf-8")
        subprocess.run(["uv", "lock", *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)
        pins = read_lock((ROOT / "uv.lock").read_text(encoding="utf-8"))
    except (OSError, subprocess.CalledProcessError) as error:
        project.write_text(before, encoding="utf-8")
        sys.exit(f"Nothing is pinned, since uv found no set of versions ({error}); try --upgrade")
    project.write_text(with_pins(before, pins), encoding="utf-8")
    report(read_pins(before), pins)


def read_lock(text: str) -> dict[str, str]:
    """Return the version of every package of a `uv.lock`, by name, as a requirement without markers.

    A package with two versions for different platforms or Pythons gets a range from one to the other.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for package in tomllib.loads(text)["package"]:
        if "registry" in package["source"]:  # not the project itself
            found[package["name"]].append(package["version"])
    return {name: _requirement(versions) for name, versions in sorted(found.items())}


def _requirement(versions: list[str]) -> str:
    if len(versions) == 1:
        return f"=={versions[0]}"
    ordered = sorted(versions, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])
    return f">={ordered[0]},<={ordered[-1]}"


def read_pins(text: str) -> dict[str, str]:
    """Return the pins of a `pyproject.toml`, by name."""
    pins = tomllib.loads(text).get("tool", {}).get("uv", {}).get("constraint-dependencies", [])
    return dict(re.split(r"(?=[=<>!~])", pin, maxsplit=1) for pin in pins)


def with_pins(text: str, pins: Mapping[str, str]) -> str:
    """Return the `pyproject.toml` with its pins replaced by these."""
    lines = "".join(f'  "{name}{version}",\n' for name, version in sorted(pins.items()))
    block = f"constraint-dependencies = [\n{lines}]\n" if pins else ""
    without = _PINS.sub("", text)
    if "[tool.uv]\n" not in without:
        return f"{without}\n[tool.uv]\n{block}"
    return without.replace("[tool.uv]\n", f"[tool.uv]\n{block}", 1)


def report(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Print one line for every pin that was added, removed or changed."""
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            print(f"{name}: {before.get(name, 'not pinned')} → {after.get(name, 'not pinned')}")
    print(f"{len(after)} packages are pinned.")


if __name__ == "__main__":
    main()
