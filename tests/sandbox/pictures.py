"""Real result pictures of the requested size, different for each prompt and seed, made in milliseconds."""

import hashlib
import io
import random
import struct
import zlib
from functools import lru_cache

from PIL import Image, ImageDraw


@lru_cache(maxsize=256)
def picture(width: int, height: int, subject: str, kind: str = "PNG") -> bytes:
    """Return a picture of coloured shapes that depend on the subject; `kind` is PNG or JPEG."""
    chance = random.Random(hashlib.sha256(subject.encode()).digest())
    image = Image.new("RGB", (width, height), _color(chance, 160, 250))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = chance.uniform(0, 0.7) * width, chance.uniform(0, 0.7) * height
        box = (left, top, left + chance.uniform(0.15, 0.5) * width, top + chance.uniform(0.15, 0.5) * height)
        shape = chance.choice((draw.ellipse, draw.rectangle))
        shape(box, fill=_color(chance, 20, 220), outline=(20, 20, 20), width=max(1, width // 200))
    start, end = (0, chance.uniform(0, 1) * height), (width, chance.uniform(0, 1) * height)
    draw.line((*start, *end), fill=(20, 20, 20), width=max(1, width // 100))
    return encode(image, kind)


def _color(chance: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return chance.randint(low, high), chance.randint(low, high), chance.randint(low, high)


def encode(image: Image.Image, kind: str) -> bytes:
    """Return the file of an image, with fast compression."""
    file = io.BytesIO()
    image.save(file, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 85}))
    return file.getvalue()


@lru_cache(maxsize=16)
def blank(width: int, height: int, color: str = "black") -> bytes:
    """Return a PNG of one colour, as a safety filter or a broken worker makes it."""
    return encode(Image.new("RGB", (width, height), color), "PNG")


@lru_cache(maxsize=2)
def bomb(side: int = 20_000) -> bytes:
    """Return a small PNG file that unpacks to `side` x `side` pixels."""
    rows = zlib.compressobj(9)
    row = bytes(1 + side // 8 + 1)
    data = b"".join([*(rows.compress(row) for _ in range(side)), rows.flush()])
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
