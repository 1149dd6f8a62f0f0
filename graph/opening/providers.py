"""Which providers can make pictures with these settings, in which order, and in which sizes."""

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
"""Workers beyond those that wait for a provider: they read, plan, download and save."""

SKETCHERS = 4


def model_rules(settings: Settings) -> dict[str, ModelRules]:
    """Return the rules of the configured model of each image service, by provider."""
    images = settings.images
    return {name: ModelRules(name, getattr(images, name).model) for name in KEY_VARIABLES}


def make_routes(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS, can_rewrite: bool = False) -> Routes:
    """Return the routes over all providers: the image services and the offline sketch."""
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
    """Return the providers that ``auto`` tries, in order: those whose key is set, or else the offline sketch."""
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

    @property
    def by_model(self) -> bool:
        """Whether a model makes the pictures, and not the offline sketch."""
        return "sketch" not in self._names

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
        if not self.by_model:
            return None
        longest = max(self._rules[name].prompt_limit for name in self._names)
        return None if len(prompt) <= longest else f"prompt longer than the {longest} characters allowed"

    def sizes(self, size: str | None) -> frozenset[tuple[int, int]]:
        """Return the sizes that count as right for this one: itself, and those that the providers draw for it."""
        width_px, height_px = parse_size(size or self._settings.images.size)
        found = self._routes.candidates(self._provider, width_px=width_px, height_px=height_px)
        fits = {candidate.fit(width_px, height_px) for candidate in found}
        return frozenset({(width_px, height_px), *filter(None, fits)})

    def workers(self, *, reads: bool) -> int:
        """Return how many segments to work on at once; more if a language model `reads` the texts."""
        rules = {"modelscope": self._settings.images.modelscope, "dashscope": self._settings.images.dashscope}
        in_flight = sum(rules[name].max_in_flight for name in self._names if name in rules)
        if not in_flight:
            return SKETCHERS
        # For each slot one segment waits, ready to be submitted the moment that the task in it is done.
        return in_flight * (3 if reads else 2) + SPARE_WORKERS
