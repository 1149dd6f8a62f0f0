"""Who can make pictures, and in which order: the routes over the image services and the offline sketch."""

from collections.abc import Mapping

from graph.route import Candidate, Routes
from tools import sketch
from tools.money.services import KEY_VARIABLES, NO_KEYS, find_key
from tools.providers.models import ModelRules
from tools.providers.sizes import SKETCH_SIZES
from tools.setup.configuration import Settings


def model_rules(settings: Settings) -> dict[str, ModelRules]:
    """Return what the models of the image services take."""
    images = settings.images
    return {name: ModelRules(name, getattr(images, name).model) for name in KEY_VARIABLES}


def make_routes(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS, can_rewrite: bool = False) -> Routes:
    """Return the routes over the image services and the offline sketch."""
    candidates = {
        name: Candidate(
            name=name, attempts=getattr(settings.images, name).attempts, fit=rules.fit, refusal=rules.refusal
        )
        for name, rules in model_rules(settings).items()
    }
    candidates["sketch"] = Candidate(name="sketch", attempts=1, fit=SKETCH_SIZES.nearest, refusal=sketch.refusal)
    automatic = automatic_providers(settings, keys=keys)
    return Routes(
        candidates, auto=automatic, can_rewrite=can_rewrite, size=settings.images.size, own=settings.templates
    )


def automatic_providers(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> list[str]:
    """Return what ``auto`` tries, in order: the providers whose key is set, or the offline sketch."""
    keyed: list[str] = [name for name in settings.images.order if find_key(KEY_VARIABLES[name], keys)]
    return keyed or ["sketch"]
