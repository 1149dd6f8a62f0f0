"""Two functions of Peitu's predecessor, which make pictures of a content or a topic and return a result object."""

from pathlib import Path
from typing import Any

from graph.state import InputState, OutputState
from graph.wiring import open_workflow
from tools.compatibility.left_out import Count, Text, given
from tools.pictures.files import check_place, write_whole
from tools.pictures.names import object_name
from tools.sqlite.run_ids import new_run_id


def generate_image_agent(
    content: str, output_dir: str = Text("output"), count: int = Count(3), api_key: str | None = None
) -> dict[str, Any]:
    """Illustrate a content; return ``{"success", "images": [{"path", "prompt", "index", …}], "count", "requested"}``.

    Synchronous; works inside a running event loop too. `output_dir` and `count`, if left out, come from the environment
    and `config.yaml`. `api_key` is the key for ModelScope; if left out, it comes from the environment or `.env`, and
    without a key of any provider the pictures are offline sketches.

    Raises:
        InputError: The content or the count cannot be used.
        ConfigError: The configuration cannot be used.
    """
    asked: InputState = {"content": content}
    if (wanted := given(count)) is not None:
        asked["count"] = wanted
    return dict(_generate(asked, run_id=new_run_id(), output_dir=given(output_dir), api_key=api_key))


def quick_generate(
    topic: str, style: str = "default", output_path: str | Path | None = None, api_key: str | None = None
) -> dict[str, Any]:
    """Make one picture of a topic, at `output_path` if given; the same result object as `generate_image_agent`.

    A path that ends in ``.png`` makes a PNG. An uploaded picture is named after it, too.

    Raises:
        InputError: There is no such style, the topic is blank, or the path names no file.
        ConfigError: The configuration, or the place of the picture, cannot be used.
    """
    run_id = new_run_id()
    asked: InputState = {"content": topic, "count": 1, "style": style}
    if output_path:
        check_place(Path(output_path))
        asked["filename"] = f"{run_id}/{object_name(Path(output_path).name)}"
    result = _generate(asked, run_id=run_id, output_dir=None, api_key=api_key)
    for image in result["images"]:
        if output_path and image["path"]:
            write_whole(Path(output_path), Path(image["path"]).read_bytes())
            image["path"] = str(output_path)
    return dict(result)


def _generate(asked: InputState, *, run_id: str, output_dir: str | None, api_key: str | None) -> OutputState:
    keys = {"MODELSCOPE_API_KEY": api_key} if api_key else {}
    with open_workflow(overrides={"output_dir": output_dir}, keys=keys) as workflow:
        return workflow.invoke(asked, {"configurable": {"thread_id": run_id}})
