"""The sources of recordings: the sandbox, or a live service with the keys of whoever records."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.cassettes.scrub import Scrubber
from tests.cassettes.stage import Access, Bucket, Services
from tests.sandbox import Sandbox
from tools.bucket.oss_address import parse_address
from tools.errors import ConfigError
from tools.setup.environment import environment_value
from tools.setup.settings import load_settings

REAL = Services()
_RESULT_HOSTS = {
    "dashscope": "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com",
    "modelscope": "https://muse-ai.oss-cn-hangzhou.aliyuncs.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Services to record from: `name` and `note` are for the first line of a cassette."""

    name: str
    note: str = ""
    services: Services
    scrubber: Scrubber
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def from_sandbox(sandbox: Sandbox) -> Source:
    """Return the sandbox as a source; waiting moves its clock forward."""
    keys = sandbox.keys
    bucket = Bucket(
        endpoint=sandbox.oss_url,
        name=REAL.oss.name,
        region=sandbox.region,
        key_id=keys.oss_id,
        secret=keys.oss_secret,
    )
    services = Services(
        dashscope=Access(url=sandbox.dashscope_url, key=keys.dashscope),
        modelscope=Access(url=sandbox.modelscope_url, key=keys.modelscope),
        minimax=Access(url=sandbox.minimax_url, key=keys.minimax),
        oss=bucket,
    )

    async def sleep(seconds: float) -> None:
        sandbox.pass_time(seconds)

    rewrites = {f"{sandbox.url}/files/{name}": host for name, host in _RESULT_HOSTS.items()} | _rewrites(services)
    return Source(
        name="tests/sandbox",
        note=", not from the live service",
        services=services,
        scrubber=_scrubber(services, rewrites),
        sleep=sleep,
    )


def from_live(name: str) -> Source:
    """Return a live service as a source.

    Raises:
        ConfigError: A key is missing; the message names its variable.
    """
    found: Access | Bucket = _bucket() if name == "oss" else _access(name)
    changed: dict[str, Any] = {name: found}
    services = replace(REAL, **changed)
    # With its host, since settings may lead elsewhere: a sandbox cannot be recorded as the live service.
    return Source(
        name=f"the live service at {_public_host(found)}",
        services=services,
        scrubber=_scrubber(services, _rewrites(services)),
    )


def _scrubber(services: Services, rewrites: dict[str, str]) -> Scrubber:
    keyed = (services.dashscope.key, services.modelscope.key, services.minimax.key)
    return Scrubber(rewrites=rewrites, secrets=(*keyed, services.oss.key_id, services.oss.secret))


def _rewrites(services: Services) -> dict[str, str]:
    """Return replacements for the addresses in use: every cassette has the public addresses of the real service."""
    used, real = services.oss, REAL.oss
    found = {getattr(services, name).url: getattr(REAL, name).url for name in ("dashscope", "modelscope", "minimax")}
    found[used.url] = real.url
    found[f"<Name>{used.name}</Name>"] = f"<Name>{real.name}</Name>"
    # In errors OSS names the host alone.
    found[_host(used.url)] = _host(real.url)
    return {old: new for old, new in found.items() if old != new}


def _public_host(found: Access | Bucket) -> str:
    if isinstance(found, Access):
        return _host(found.url)
    address = parse_address(found.endpoint, found.name, region=found.region)
    return "a domain bound to OSS" if address.kind == "domain" else address.host


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _access(name: str) -> Access:
    settings = load_settings()
    urls = {"dashscope": settings.images.dashscope.base_url, "modelscope": settings.images.modelscope.base_url}
    url = urls.get(name) or settings.llm.providers[name].base_url
    return Access(url=url.rstrip("/"), key=_wanted(f"{name.upper()}_API_KEY"))


def _bucket() -> Bucket:
    return Bucket(
        endpoint=_wanted("OSS_ENDPOINT"),
        name=_wanted("OSS_BUCKET_NAME"),
        region=environment_value("OSS_REGION") or "",
        key_id=_wanted("OSS_ACCESS_KEY_ID"),
        secret=_wanted("OSS_ACCESS_KEY_SECRET"),
    )


def _wanted(variable: str) -> str:
    value = environment_value(variable)
    if not value:
        raise ConfigError(f"A live recording needs {variable} - set it in .env")
    return value
