import errno
import hashlib
import io
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from tools.errors import ConfigError, UnavailableError
from tools.pictures.images import describe, inspect, is_whole, save_picture, sniff_format
from tools.pictures.labels import aigc_label

LABEL = aigc_label(content_producer="peitu", produce_id="run-0")
FOREIGN = '{"Label":"1","ContentProducer":"provider","ProduceID":"7"}'


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(size: int = 64) -> Image.Image:
    return Image.merge("RGB", [Image.linear_gradient("L").resize((size, size)) for _ in range(3)])


def saved(data: bytes, folder: Path, **options: Any) -> Image.Image:
    save_picture(data, folder / "a.jpg", **{"description": {}, "label": None, **options})
    with Image.open(folder / "a.jpg") as image:
        image.load()
        return image


def near(expected: tuple[int, ...], color: Any) -> bool:
    return all(abs(one - other) <= 6 for one, other in zip(expected, color, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF", "TIFF"])
def test_sniff(kind: str) -> None:
    """The bytes tell the format, whatever the file is called."""
    assert kind.lower() == sniff_format(encoded(gradient(), kind))


def test_sniff_a_jpeg_with_more_pictures() -> None:
    """Phones put a second picture behind the first."""
    data = encoded(gradient(), "MPO", save_all=True, append_images=[gradient()])

    assert sniff_format(data) == "jpeg"


@pytest.mark.parametrize("data", [b"", b"<html>", b'{"a":1}', b"\x89PNG\r\n\x1a\n", b"BMW", b"GIF", b"\0" * 99])
def test_sniff_anything_else(data: bytes) -> None:
    """What is no picture has no format."""
    assert sniff_format(data) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF"])
def test_save(kind: str, tmp_path: Path) -> None:
    """Any format that a provider may send becomes a JPEG, and the answer is true of the file."""
    path = tmp_path / "new" / "00.jpg"

    image = save_picture(encoded(gradient(), kind), path, description={}, label=None)

    data = path.read_bytes()
    assert sniff_format(data) == "jpeg"
    assert (path, 64, 64) == (image.path, image.width_px, image.height_px)
    assert hashlib.sha256(data).hexdigest() == image.sha256
    assert is_whole(path, 64, 64)


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_metadata_round_trip(tmp_path: Path, name: str) -> None:
    """The file is of the kind that its name says; it tells the prompt, where it comes from, and carries the label."""
    description = {
        "prompt": "一只猫\n<b>",
        "provider": "modelscope",
        "model": "Tongyi-MAI/Z-Image-Turbo",
        "seed": 7,
    }

    save_picture(encoded(gradient()), tmp_path / name, description=description, label=LABEL)

    expected = {**description, "generator": "Peitu", "label": json.loads(LABEL)}
    assert expected == describe(tmp_path / name)
    assert {"a.jpg": "jpeg", "a.png": "png"}[name] == sniff_format((tmp_path / name).read_bytes())


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_prompt_round_trips(tmp_path: Path, prompt: str) -> None:
    """Whatever was asked for can be read back from the file."""
    save_picture(encoded(gradient(8)), tmp_path / "a.jpg", description={"prompt": prompt}, label=None)

    assert prompt == describe(tmp_path / "a.jpg")["prompt"]


def test_a_sketch_is_honest(tmp_path: Path) -> None:
    """What no image model made has no AIGC label and says what drew it."""
    generator = "Peitu offline sketch (drawn from an icon set, not by an image model)"

    save_picture(encoded(gradient()), tmp_path / "a.jpg", description={"generator": generator}, label=None)

    assert describe(tmp_path / "a.jpg") == {"generator": generator}


def with_png_text() -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("AIGC", FOREIGN)
    return encoded(gradient(), pnginfo=chunks)


def with_png_xmp() -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", xmp_of(FOREIGN).decode())
    return encoded(gradient(), pnginfo=chunks)


def xmp_of(label: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">'
        f"<TC260:AIGC>{label}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def with_exif(comment: bytes) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    return encoded(gradient(), "JPEG", exif=exif)


@pytest.mark.parametrize(
    "data",
    [
        with_png_text(),
        with_png_xmp(),
        encoded(gradient(), "JPEG", xmp=xmp_of(FOREIGN)),
        encoded(gradient(), "WEBP", xmp=xmp_of(FOREIGN)),
        with_exif(b"ASCII\0\0\0" + f'{{"AIGC":{FOREIGN}}}'.encode()),
        with_exif(b"UNICODE\0" + f'{{"AIGC":{FOREIGN}}}'.encode("utf-16-le")),
    ],
)
def test_the_label_of_the_provider_stays(tmp_path: Path, data: bytes) -> None:
    """A file has one label, and the one it came with is truer than ours."""
    save_picture(data, tmp_path / "a.jpg", description={}, label=LABEL)

    assert json.loads(FOREIGN) == describe(tmp_path / "a.jpg")["label"]
    assert (tmp_path / "a.jpg").read_bytes().count(b"<TC260:AIGC>") == 1
    assert LABEL.encode() not in (tmp_path / "a.jpg").read_bytes()


def test_nothing_else_of_the_metadata_stays(tmp_path: Path) -> None:
    """Comments, camera data and places of the source do not go along."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    data = encoded(gradient(), "JPEG", exif=exif, comment=b"SecretComment")

    saved(data, tmp_path)

    assert b"Secret" not in (tmp_path / "a.jpg").read_bytes()


def test_transparency_becomes_white(tmp_path: Path) -> None:
    """A drawing on a transparent page keeps its page white, not black."""
    for mode in ("RGBA", "LA"):
        page = Image.new(mode, (32, 32))

        assert near((255,) * len(page.getbands()[:-1]), _pixel(saved(encoded(page), tmp_path)))


def _pixel(image: Image.Image, place: tuple[int, int] = (4, 4)) -> tuple[int, ...]:
    color = image.getpixel(place)
    return color if isinstance(color, tuple) else (int(color or 0),)


def test_transparent_palette(tmp_path: Path) -> None:
    """A palette with a transparent entry works the same."""
    page = Image.new("P", (32, 32), 0)
    page.putpalette([0, 0, 0, 255, 0, 0])
    page.paste(1, (16, 0, 32, 32))

    image = saved(encoded(page, transparency=0), tmp_path)

    assert near((255, 255, 255), _pixel(image))
    assert near((255, 0, 0), _pixel(image, (28, 16)))


def test_sixteen_bits_are_scaled(tmp_path: Path) -> None:
    """A 16-bit gray of one half stays one half instead of white."""
    image = saved(encoded(Image.new("I;16", (32, 32), 32768)), tmp_path)

    assert image.mode == "L"
    assert near((128,), _pixel(image))


def test_without_a_file_in_memory_the_picture_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(gradient())
    usual = save_picture(data, tmp_path / "a.jpg", quality=92, description={"prompt": "a"}, label=LABEL)

    def refuse(name: str) -> int:
        raise OSError(errno.EMFILE, f"Too many open files: {name}")

    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    other = save_picture(data, tmp_path / "b.jpg", quality=92, description={"prompt": "a"}, label=LABEL)

    assert other.sha256 == usual.sha256


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_gray_stays_gray(tmp_path: Path, mode: str) -> None:
    """A gray source needs no color in the file."""
    assert saved(encoded(gradient().convert(mode)), tmp_path).mode == "L"


def test_cmyk(tmp_path: Path) -> None:
    """A picture for printers becomes one for screens."""
    image = saved(encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG"), tmp_path)

    assert image.mode == "RGB"
    assert near((255, 0, 0), _pixel(image))


def test_color_profile(tmp_path: Path) -> None:
    """Colors are those that the profile means, and a broken profile is left out."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    red = Image.new("RGB", (32, 32), "red")

    for data in (encoded(red, icc_profile=b"broken"), encoded(red, icc_profile=profile)):
        assert near((255, 0, 0), _pixel(saved(data, tmp_path)))


def test_wide_color_profile(tmp_path: Path) -> None:
    """The same numbers mean another color in a profile with swapped channels."""
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    renamed = bytes(swapped).replace("sRGB built-in".encode("utf-16-be"), "swapped!xxxxx".encode("utf-16-be"))

    image = saved(encoded(Image.new("RGB", (32, 32), (255, 0, 0)), icc_profile=renamed), tmp_path)

    assert near((0, 255, 0), _pixel(image))


def test_orientation(tmp_path: Path) -> None:
    """A picture that its EXIF turns is stored the right way up."""
    exif = Image.Exif()
    exif[0x0112] = 6

    image = saved(encoded(Image.new("RGB", (64, 32)), "JPEG", exif=exif), tmp_path)

    assert image.size == (32, 64)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animation(tmp_path: Path, kind: str) -> None:
    """The first frame counts."""
    frames = [Image.new("RGB", (32, 32), color) for color in ("blue", "red")]

    image = saved(encoded(frames[0], kind, save_all=True, append_images=frames[1:]), tmp_path)

    assert near((0, 0, 255), _pixel(image))


def test_line_art_keeps_full_color(tmp_path: Path) -> None:
    """From quality 90 on, color is stored at full resolution; the quality changes the size."""
    data = encoded(Image.effect_noise((128, 128), 80).convert("RGB"))

    fine = saved(data, tmp_path, quality=92)
    size = (tmp_path / "a.jpg").stat().st_size
    coarse = saved(data, tmp_path, quality=50)

    assert fine.layer[0][1:3] == (1, 1)
    assert coarse.layer[0][1:3] == (2, 2)
    assert (tmp_path / "a.jpg").stat().st_size < size * 0.7


NOISE = Image.effect_noise((64, 64), 80).convert("RGB")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("share", [0.99, 0.5, 0.1])
def test_truncated(tmp_path: Path, kind: str, share: float) -> None:
    """A download that ended early is no picture, and leaves no file."""
    data = encoded(NOISE, kind)

    with pytest.raises(UnavailableError, match="download it again"):
        save_picture(data[: int(len(data) * share)], tmp_path / "a.jpg", description={}, label=None)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", [1, 2, 13])
def test_last_bytes_are_missing(tmp_path: Path, missing: int) -> None:
    """Even the last checksum counts."""
    with pytest.raises(UnavailableError, match="damaged"):
        save_picture(encoded(NOISE, "JPEG")[:-missing], tmp_path / "a.jpg", description={}, label=None)
    with pytest.raises(UnavailableError, match="damaged"):
        save_picture(encoded(NOISE)[: -8 - missing], tmp_path / "a.jpg", description={}, label=None)


def test_flipped_bit(tmp_path: Path) -> None:
    """A PNG with one wrong bit fails its checksum."""
    data = bytearray(encoded(NOISE))
    data[len(data) // 2] ^= 1

    with pytest.raises(UnavailableError, match="damaged"):
        save_picture(bytes(data), tmp_path / "a.jpg", description={}, label=None)


SAMPLES = [encoded(NOISE, kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF")]


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=9),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_always_reported_as_such(tmp_path: Path, data: bytes, changes: list[tuple[float, int]]) -> None:
    """However the bytes are broken, the picture is saved or refused, and nothing else happens."""
    broken = bytearray(data)
    for place, value in changes:
        broken[int(place * len(broken))] = value

    try:
        save_picture(bytes(broken), tmp_path / "a.jpg", description={}, label=None)
    except UnavailableError:
        return
    assert is_whole(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "nothing"),
        (b"  <!DOCTYPE html><p>Secret", "an HTML page"),
        (b"<html>Secret", "an HTML page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>Secret', "XML with the code AccessDenied"),
        (b'{"code": "InvalidApiKey", "message": "Secret"}', "JSON with the code InvalidApiKey"),
        (b"Secret text", "text"),
        (b"\0\1\2Secret", "9 bytes of something else"),
        (encoded(gradient(), "TIFF"), "bytes of something else"),
    ],
)
def test_no_picture(tmp_path: Path, data: bytes, hint: str) -> None:
    """The message says what came, but quotes nothing beyond an error code."""
    with pytest.raises(UnavailableError, match=f"not a picture but .*{hint}; download") as caught:
        save_picture(data, tmp_path / "a.jpg", description={}, label=None)

    assert "Secret" not in str(caught.value)


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(9000, 8000), (10000, 10000), (60000, 60000), (65501, 1)])
def test_decompression_bomb(tmp_path: Path, size: tuple[int, int]) -> None:
    """A small file that would fill the memory is refused before it does."""
    with pytest.raises(UnavailableError, match="more than 64 megapixels"):
        save_picture(bomb(*size), tmp_path / "a.jpg", description={}, label=None)


def test_what_is_too_large_or_of_another_kind_has_no_format() -> None:
    """Whoever downloads it is told so, and no warning or error of Pillow's comes through."""
    assert sniff_format(bomb(60000, 60000)) is None
    assert sniff_format(encoded(gradient(), "ICO")) is None


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A picture that has no place to go is a setting to mend, not a damaged picture."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ConfigError):
        save_picture(encoded(gradient()), tmp_path / "file" / "a.jpg", description={}, label=None)


def test_inspect(tmp_path: Path) -> None:
    """Size, hash and whether there is anything to see."""
    (tmp_path / "a.png").write_bytes(encoded(gradient()))

    found = inspect(tmp_path / "a.png")

    assert (64, 64, False) == (found.width_px, found.height_px, found.blank)
    assert hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest() == found.sha256


@pytest.mark.parametrize("color", ["black", "white", "#808080", "red"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_one_color_is_blank(tmp_path: Path, color: str, kind: str) -> None:
    """A picture of one color, as a blocked one is, shows nothing."""
    (tmp_path / "a").write_bytes(encoded(Image.new("RGB", (512, 512), color), kind))

    assert inspect(tmp_path / "a").blank


def test_faint_noise_is_blank(tmp_path: Path) -> None:
    """Black with noise that nobody sees shows nothing either."""
    (tmp_path / "a").write_bytes(encoded(Image.effect_noise((512, 512), 2)))

    assert inspect(tmp_path / "a").blank


def test_transparent_page_is_blank(tmp_path: Path) -> None:
    """What is invisible does not count, whatever its color."""
    image = NOISE.copy()
    image.putalpha(0)
    (tmp_path / "a").write_bytes(encoded(image))

    assert inspect(tmp_path / "a").blank


def test_one_thin_line_is_not_blank(tmp_path: Path) -> None:
    """A sparse line drawing on a large page is a picture."""
    image = Image.new("RGB", (2048, 2048), "white")
    ImageDraw.Draw(image).line([(400, 1000), (1600, 1000)], fill="black", width=6)
    (tmp_path / "a").write_bytes(encoded(image))

    assert not inspect(tmp_path / "a").blank


def test_only_color_differs(tmp_path: Path) -> None:
    """Two colors of one brightness are not one color."""
    image = Image.new("RGB", (64, 64), (255, 0, 0))
    image.paste((0, 130, 0), (0, 0, 32, 64))
    (tmp_path / "a").write_bytes(encoded(image))

    assert not inspect(tmp_path / "a").blank


def test_missing_file_cannot_be_inspected(tmp_path: Path) -> None:
    """The message names the file."""
    for look in (inspect, describe):
        with pytest.raises(UnavailableError, match=r"gone\.jpg"):
            look(tmp_path / "gone.jpg")


def test_is_whole(tmp_path: Path) -> None:
    """Only a file that is there, decodes and has the size counts."""
    data = encoded(NOISE, "JPEG")
    (tmp_path / "a.jpg").write_bytes(data)
    (tmp_path / "half.jpg").write_bytes(data[: len(data) // 2])

    assert is_whole(tmp_path / "a.jpg")
    assert is_whole(tmp_path / "a.jpg", 64, 64)
    assert not is_whole(tmp_path / "a.jpg", 64, 63)
    assert not is_whole(tmp_path / "a.jpg", 63)
    assert not is_whole(tmp_path / "half.jpg")
    assert not is_whole(tmp_path / "none.jpg")
    assert not is_whole(tmp_path)


def test_a_picture_of_a_plain_folder_has_no_description(tmp_path: Path) -> None:
    """Pictures that others made have nothing of ours."""
    (tmp_path / "a.jpg").write_bytes(encoded(NOISE, "JPEG"))

    assert describe(tmp_path / "a.jpg") == {}
