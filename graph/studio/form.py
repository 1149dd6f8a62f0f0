"""The input schema of the graph with the defaults and choices from the settings, for Studio's form and for agents."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast, get_type_hints

from pydantic import Field
from typing_extensions import TypedDict

from graph.state import InputState
from nodes.prompt import PromptDefaults


def input_form(
    defaults: PromptDefaults, *, providers: Sequence[str], styles: Mapping[str, str], upload: bool
) -> type[InputState]:
    """Return `InputState` with defaults, providers and styles (id and description) in its JSON schema.

    The schema is only shown: LangGraph takes any input, and `graph.route.Routes.check` refuses what cannot be made.
    """
    looks = "; ".join(f"{name}: {description}" for name, description in styles.items())
    told: dict[str, dict[str, Any]] = {
        "count": {"default": defaults.count},
        "style": {"default": defaults.style, "enum": list(styles), "description": f"How all pictures look. {looks}"},
        "provider": {"default": "auto", "enum": list(providers)},
        "size": {"default": f"{defaults.width_px}x{defaults.height_px}"},
        "upload": {"default": upload},
        "review": {"default": False},
        "as_is": {"default": False},
    }
    hints = get_type_hints(InputState, include_extras=True)
    fields = {name: _told(hint, told[name]) if name in told else hint for name, hint in hints.items()}
    # This TypedDict is made at run time; type checkers see the one that it copies.
    return cast("type[InputState]", cast("Any", TypedDict)("InputState", fields, total=False))


def _told(hint: Any, more: Mapping[str, Any]) -> Any:
    """Return the annotation with these additions to its JSON schema."""
    return Annotated[hint, Field(json_schema_extra=dict(more))]
