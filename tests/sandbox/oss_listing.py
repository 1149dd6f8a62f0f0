"""The answers of OSS about a bucket: the list of its objects, and the bucket's own data."""

from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.responses import Response

from tests.sandbox.faults import Call
from tests.sandbox.oss_replies import oss_error, oss_headers
from tests.sandbox.world import StoredObject, World


def bucket_reply(world: World, call: Call, bucket: str) -> Response:
    """List the objects of a bucket, or with `?bucketInfo` describe it."""
    if call.request.method != "GET":
        return oss_error(call, 405, "MethodNotAllowed", "The method is not allowed here.")
    body = info(world, bucket) if "bucketInfo" in call.request.query_params else listing(world, call, bucket)
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return Response(document.encode(), headers=oss_headers(), media_type="application/xml")


def info(world: World, bucket: str) -> str:
    """Describe a bucket."""
    acl = "public-read" if world.public_read else "private"
    return (
        f"<BucketInfo><Bucket><CreationDate>2026-01-01T00:00:00.000Z</CreationDate>"
        f"<ExtranetEndpoint>oss-{world.region}.aliyuncs.com</ExtranetEndpoint>"
        f"<IntranetEndpoint>oss-{world.region}-internal.aliyuncs.com</IntranetEndpoint>"
        f"<Location>oss-{world.region}</Location><Name>{bucket}</Name><StorageClass>Standard</StorageClass>"
        f"<Owner><DisplayName>1</DisplayName><ID>1</ID></Owner>"
        f"<AccessControlList><Grant>{acl}</Grant></AccessControlList></Bucket></BucketInfo>"
    )


def listing(world: World, call: Call, bucket: str) -> str:
    """List objects: version 2 (`list-type=2`), or version 1 with `marker`; a `delimiter` rolls up what is below it."""
    query = call.request.query_params
    second, limit = query.get("list-type") == "2", _limit(query.get("max-keys", ""))
    names = ("continuation-token", "start-after") if second else ("marker",)
    after = next((query[name] for name in names if query.get(name)), "")
    delimiter = query.get("delimiter", "")
    found = _found(world, bucket, prefix=query.get("prefix", ""), delimiter=delimiter, after=after)
    shown, more = found[:limit], len(found) > limit
    encode = (lambda text: quote(text, safe="/")) if query.get("encoding-type") == "url" else escape
    fields = {
        "Name": bucket,
        "Prefix": encode(query.get("prefix", "")),
        "MaxKeys": str(limit),
        "Delimiter": encode(delimiter),
    }
    fields["IsTruncated"] = "true" if more else "false"
    if query.get("encoding-type"):
        fields["EncodingType"] = "url"
    if second:
        fields["KeyCount"] = str(len(shown))
    if more:
        fields["NextContinuationToken" if second else "NextMarker"] = encode(shown[-1][0])
    head = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    contents = "".join(content(encode(key), stored) for key, stored in shown if stored)
    folders = "".join(
        f"<CommonPrefixes><Prefix>{encode(key)}</Prefix></CommonPrefixes>" for key, stored in shown if not stored
    )
    return f"<ListBucketResult>{head}{contents}{folders}</ListBucketResult>"


def _found(
    world: World, bucket: str, *, prefix: str, delimiter: str, after: str
) -> list[tuple[str, StoredObject | None]]:
    """Return the objects in order; those below a delimiter are replaced by their common prefix."""
    with world.lock:
        mine = {key: stored for (owner, key), stored in world.objects.items() if owner == bucket}
    entries: dict[str, StoredObject | None] = {}
    for key, stored in mine.items():
        if key.startswith(prefix):
            below = key[len(prefix) :]
            name, found, _ = below.partition(delimiter) if delimiter else (below, "", "")
            entries[prefix + name + found] = None if found else stored
    return sorted((key, stored) for key, stored in entries.items() if key > after)


def _limit(text: str) -> int:
    return min(int(text), 1000) if text.isdigit() else 100


def content(key: str, stored: StoredObject) -> str:
    """Return an object's entry in a listing."""
    modified = datetime.fromtimestamp(stored.modified_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f'<Contents><Key>{key}</Key><LastModified>{modified}</LastModified><ETag>"{stored.etag}"</ETag>'
        f"<Type>Normal</Type><Size>{len(stored.body)}</Size><StorageClass>Standard</StorageClass></Contents>"
    )
