"""Who can make pictures: the providers with their rules, and the routes over them."""

from collections.abc import Mapping

import httpx

from graph.route import Candidate, Routes
from tools import sketch
from tools.configuration import ImageService, Settings
from tools.dashscope import DashScope
from tools.health import Health
from tools.jobs import Service
from tools.limits import Limiter
from tools.modelscope import ModelScope
from tools.provider import ImageProvider
from tools.settings import environment_value
from tools.sizes import SKETCH_SIZES
from tools.standings import Standings

KEY_VARIABLES = {"modelscope": "MODELSCOPE_API_KEY", "dashscope": "DASHSCOPE_API_KEY"}
NO_KEYS: Mapping[str, str] = {}


def make_services(
    settings: Settings,
    *,
    client: httpx.AsyncClient,
    keys: Mapping[str, str] = NO_KEYS,
    standings: Standings | None = None,
) -> dict[str, Service]:
    """Return the providers with their rules; a missing key is found at the first call."""
    modelscope, dashscope = settings.images.modelscope, settings.images.dashscope
    providers: tuple[tuple[ImageProvider, ImageService], ...] = (
        (
            ModelScope(
                api_key=find_key(KEY_VARIABLES["modelscope"], keys),
                client=client,
                base_url=modelscope.base_url,
                model=modelscope.model,
                steps=modelscope.steps,
                guidance=modelscope.guidance,
                loras=modelscope.loras,
            ),
            modelscope,
        ),
        (
            DashScope(
                api_key=find_key(KEY_VARIABLES["dashscope"], keys),
                client=client,
                base_url=dashscope.base_url,
                model=dashscope.model,
            ),
            dashscope,
        ),
    )
    return {provider.name: _service(provider, rules, standings) for provider, rules in providers}


def make_routes(
    settings: Settings,
    services: Mapping[str, Service],
    *,
    keys: Mapping[str, str] = NO_KEYS,
    can_rewrite: bool = False,
) -> Routes:
    """Return the routes over these services and the offline sketch."""
    candidates = {
        name: Candidate(
            name=name, attempts=service.attempts, fit=service.provider.fit, refusal=service.provider.refusal
        )
        for name, service in services.items()
    }
    candidates["sketch"] = Candidate(name="sketch", attempts=1, fit=SKETCH_SIZES.nearest, refusal=sketch.refusal)
    automatic = automatic_providers(settings, keys=keys)
    return Routes(candidates, auto=automatic, can_rewrite=can_rewrite, size=settings.images.size)


def automatic_providers(settings: Settings, *, keys: Mapping[str, str] = NO_KEYS) -> list[str]:
    """Return what ``auto`` tries, in order: the providers whose key is set, or the offline sketch."""
    keyed: list[str] = [name for name in settings.images.order if find_key(KEY_VARIABLES[name], keys)]
    return keyed or ["sketch"]


def find_key(name: str, keys: Mapping[str, str] = NO_KEYS) -> str | None:
    """Return a key: the given one, else that of the environment or `.env`."""
    return keys.get(name) or environment_value(name)


def _service(provider: ImageProvider, rules: ImageService, standings: Standings | None) -> Service:
    return Service(
        provider=provider,
        limiter=Limiter(rate_per_s=rules.rate_per_s, max_in_flight=rules.max_in_flight),
        health=Health(provider.name, provider.model, standings=standings),
        deadline_s=rules.deadline_s,
        attempts=rules.attempts,
        on_lost_reply=rules.on_lost_reply,
        first_poll_s=rules.first_poll_s,
    )
