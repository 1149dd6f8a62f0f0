"""The OSS variables: the address of a bucket, the public URLs of its objects, and its folder."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

from tools.errors import ConfigError
from tools.setup.environment import OSS_REQUIRED, OSS_VARIABLES, environment_value

_REGIONS = (
    re.compile(r"oss-(?!accelerate)([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com"),
    re.compile(r"([a-z0-9-]+)\.oss\.aliyuncs\.com"),  # IPv4 and IPv6
)

VARIABLES = {name.removeprefix("OSS_").lower(): name for name in OSS_VARIABLES}
"""The environment variable of each argument of `OSSUploader`, in the order of the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of a bucket.

    `kind` is ``service`` for Alibaba's own hosts, with the bucket as a subdomain; ``domain`` for a domain of the user
    that is bound to the bucket; ``path`` for localhost or an IP address, with the bucket in the path.
    With a `region`, requests are signed by version 4, else by version 1, which needs none.
    """

    scheme: str
    host: str
    bucket: str
    kind: Literal["service", "domain", "path"]
    region: str
    custom_domain: str = ""

    @property
    def endpoint(self) -> str:
        """The base URL for a client."""
        return f"{self.scheme}://{self.host}"

    def url(self, object_key: str) -> str:
        """Return the public URL of the object (which does not work if the bucket is private)."""
        path = quote(object_key)
        if self.custom_domain:
            return f"{self.custom_domain}/{path}"
        if self.kind == "path":
            return f"{self.endpoint}/{self.bucket}/{path}"
        if self.kind == "domain":
            return f"{self.endpoint}/{path}"
        # The internal host answers only inside Alibaba's network; readers are outside.
        return f"https://{self.bucket}.{self.host.replace('-internal.', '.')}/{path}"


def parse_address(endpoint: str, bucket: str, *, region: str = "", custom_domain: str = "") -> Address:
    """Parse an endpoint as people write it: with or without a scheme, and with or without the bucket in front.

    Raises:
        ConfigError: It is no address; write it as https://oss-cn-hangzhou.aliyuncs.com.

    Source: https://help.aliyun.com/en/oss/user-guide/regions-and-endpoints, read 2026-11-24
    """
    parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if host.endswith(".aliyuncs.com"):
        host = host.removeprefix(f"{bucket}.")
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[a-z0-9._:-]+", host) or _is_bare(host):
        # The value is not quoted: it may be a key that went into the wrong line.
        raise ConfigError("OSS_ENDPOINT is not an address; write it like https://oss-cn-hangzhou.aliyuncs.com")
    found = next((match[1] for pattern in _REGIONS if (match := pattern.fullmatch(host))), "")
    bracketed = f"[{host}]" if ":" in host else host
    return Address(
        scheme=parts.scheme,
        host=f"{bracketed}:{port}" if port else bracketed,
        bucket=bucket,
        kind="path" if _is_own(host) else "service" if host.endswith(".aliyuncs.com") else "domain",
        region=region.removeprefix("oss-") or found,
        custom_domain=_with_scheme(custom_domain),
    )


def _is_bare(host: str) -> bool:
    """Tell whether this is no full host name, e.g. only a region such as ``oss-cn-hangzhou``."""
    return "." not in host and not _is_own(host)


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _with_scheme(domain: str) -> str:
    domain = domain.rstrip("/")
    return domain if not domain or "://" in domain else f"https://{domain}"


def parse_folder(base_path: str) -> str:
    """Return a folder of a bucket without the slashes around it.

    Raises:
        ConfigError: It contains ``..``.
    """
    parts = [part for part in re.split(r"[/\\]+", base_path.strip()) if part not in {"", "."}]
    if ".." in parts:
        raise ConfigError(f"OSS_BASE_PATH {base_path!r} is not a folder in a bucket; write it like blog/images")
    return "/".join(parts)


def complete(given: dict[str, str | None]) -> dict[str, str]:
    """Return the arguments of `OSSUploader` with those that are `None` read from the environment.

    Raises:
        ConfigError: A required one is missing, or one has characters that are not possible in it.
    """
    values = {
        name: (environment_value(VARIABLES[name]) or "" if value is None else value).strip()
        for name, value in given.items()
    }
    missing = [variable for name, variable in VARIABLES.items() if variable in OSS_REQUIRED and not values[name]]
    if missing:
        raise ConfigError(f"OSS needs {', '.join(missing)}; set it in .env, see .env.example")
    for name in ("access_key_id", "access_key_secret", "bucket_name", "region"):
        if not re.fullmatch(r"[\x21-\x7e]*", values[name]):
            raise ConfigError(f"{VARIABLES[name]} has characters that cannot be in it; copy it again")
    return values
