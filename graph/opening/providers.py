"""Who can make pictures with these settings, in which order, and what they can make: known before anything is paid."""

from collections.abc import Mapping

from graph.route import Candidate, Routes
from tools import sketch
from tools.content.wishes import parse_size
from tools.errors import InputError
from tools.money.services import KEY_VARIABLES, NO_KEYS, find_key
from tools.providers.models import ModelRules
from tools.providers.sizes import SKETCH_SIZES
from tools.setup.configuration import Settings

SPARE_WORKERS = 4
"""Workers beside those whose picture is under way at a provider: they read, plan, download and save."""

SKETCHERS = 4


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


class Feasible:
    """What can be made by the provider that a command names, or by those that ``auto`` tries."""

    def __init__(self, settings: Settings, provider: str | None) -> None:
        self._settings = settings
        self._provider = provider
        self._rules = model_rules(settings)
        self._routes = make_routes(settings)
        automatic = provider in {None, "auto"}
        self._names = automatic_providers(settings) if automatic else [str(provider)]

    def size_refusal(self, size: str) -> str | None:
        """Return why no provider makes pictures of this size, or `None`."""
        try:
            width_px, height_px = parse_size(size)
            self._routes.candidates(self._provider, width_px=width_px, height_px=height_px)
        except InputError as error:
            return str(error)
        return None

    def prompt_refusal(self, prompt: str) -> str | None:
        """Return why no provider takes this prompt as it is, or `None`."""
        if "sketch" in self._names:
            return None
        longest = max(self._rules[name].prompt_limit for name in self._names)
        return None if len(prompt) <= longest else f"prompt longer than the {longest} characters allowed"

    def sizes(self, size: str | None) -> frozenset[tuple[int, int]]:
        """Return the right sizes of a picture that was asked for in this one: it, and what providers draw for it."""
        width_px, height_px = parse_size(size or self._settings.images.size)
        found = self._routes.candidates(self._provider, width_px=width_px, height_px=height_px)
        fits = {candidate.fit(width_px, height_px) for candidate in found}
        return frozenset({(width_px, height_px), *filter(None, fits)})

    def workers(self, *, reads: bool) -> int:
        """Return how many segments to work on at once; more where a language model `reads` texts meanwhile."""
        rules = {"modelscope": self._settings.images.modelscope, "dashscope": self._settings.images.dashscope}
        in_flight = sum(rules[name].max_in_flight for name in self._names if name in rules)
        if not in_flight:
            return SKETCHERS
        # One segment waits for every place, ready to be submitted the moment that the task there is done.
        return in_flight * (3 if reads else 2) + SPARE_WORKERS
