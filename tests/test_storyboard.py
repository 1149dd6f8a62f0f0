"""The reader of storyboards: every format, every wrong row with its line, and names that stay in the folder."""

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import InputError
from tools.pictures.files import inside
from tools.pictures.names import folder_name, readable_name
from tools.setup.configuration import MAX_COUNT, MAX_SEED
from tools.storyboards.decoding import decode_text, read_bytes
from tools.storyboards.picture_names import PictureFolder, picture_names, same_file
from tools.storyboards.segment_checks import LONGEST_ID
from tools.storyboards.storyboard import Defaults, Limits, Segment, read_storyboard
from tools.storyboards.storyboard_rows import is_storyboard

SEGMENT = Segment(
    id="开场", content="一座灯塔", as_is=True, filename="开场.jpg", count=1, style=None, size="512x256", seed=7
)


def size_refusal(size: str) -> str | None:
    return None if size in {"512x256", "512x512"} else f"Size {size} is refused"


def prompt_refusal(prompt: str) -> str | None:
    return "prompt longer than 5000 characters" if len(prompt) > 5000 else None


@pytest.fixture
def read(tmp_path):
    """Write a storyboard and read it."""

    def go(written: str | bytes, suffix: str = ".json", **defaults) -> list[Segment]:
        path = tmp_path / f"board{suffix}"
        path.write_bytes(written.encode() if isinstance(written, str) else written)
        return read_path(path, tmp_path / "output", **defaults)

    return go


def read_path(path: Path, folder: Path, **defaults) -> list[Segment]:
    limits = Limits(folder=folder, article_count=3, size_refusal=size_refusal, prompt_refusal=prompt_refusal)
    return read_storyboard(path, defaults=Defaults(**defaults), limits=limits)


def problems_of(read, rows: object, suffix: str = ".json") -> str:
    """Return the line that says what is wrong."""
    written = rows if isinstance(rows, str) else json.dumps(rows, indent=1)
    with pytest.raises(InputError) as refused:
        read(written, suffix)
    assert "\n" not in str(refused.value)
    return str(refused.value)


ROW = {"id": "开场", "prompt": "一座灯塔", "size": "512x256", "seed": 7}
LINE = json.dumps(ROW, ensure_ascii=False)
FORMATS = {
    "list": (f"[{LINE}]", ".json"),
    "object": (f'{{"title": "x", "segments": [{LINE}], "fps": 24}}', ".json"),
    "lines": (f"\n{LINE}\n\n", ".jsonl"),
    "lines named .json": (LINE, ".json"),
    "list named .jsonl": (f"[{LINE}]", ".jsonl"),
    "object named .jsonl": (f'{{"segments": [{LINE}]}}\n', ".jsonl"),
    "object of many lines named .jsonl": (f'{{\n "title": "x",\n "segments": [\n{LINE}\n ]\n}}', ".jsonl"),
    "csv": ("id,prompt,size,seed,style\n开场,一座灯塔,512x256,7,\n,,,,\n", ".csv"),
    "csv of a spreadsheet": ("\ufeffID;Prompt;Size;Seed\r\n开场;一座灯塔;512x256;7\r\n", ".csv"),
    "tabs": ("id\tprompt\tsize\tseed\n开场\t一座灯塔\t512x256\t7\n", ".tsv"),
    "gb18030": (f"[{LINE}]".encode("gb18030"), ".json"),
    "csv with empty columns": ("id,prompt,size,seed,,,\n开场,一座灯塔,512x256,7,,,,\n,,,,,,\n", ".csv"),
    "utf-16": ("id,prompt,size,seed\n开场,一座灯塔,512x256,7\n".encode("utf-16"), ".csv"),
}


@pytest.mark.parametrize(("written", "suffix"), FORMATS.values(), ids=FORMATS)
def test_every_format_says_the_same(read, written, suffix):
    """JSON, JSON Lines and CSV, in the encodings that people have."""
    assert [SEGMENT] == read(written, suffix)


def test_what_is_left_out_has_a_default(read):
    """Ids count from 1 and stay numbers, texts take the command's wishes, a prompt is always one picture."""
    first, second = read('[{"text": "a"}, {"prompt": "b"}]', count=4, style="line", size="512x512")

    assert (1, 4, "line", "512x512", "1.jpg") == (first.id, first.count, first.style, first.size, first.filename)
    assert (2, 1, True) == (second.id, second.count, second.as_is)
    assert "size" not in read('[{"content": "a"}]')[0].asked()


def test_a_segment_beats_its_storyboard_which_beats_the_command(read):
    """The nearer word counts."""
    board = {"style": "neon", "segments": [{"text": "a"}, {"text": "b", "style": "ink"}]}

    assert ["neon", "ink"] == [segment.style for segment in read(json.dumps(board), style="line")]


def test_what_stands_beside_the_segments_and_is_not_for_all_is_passed_over(read):
    """A seed of all would make them alike, and `null` says nothing."""
    (segment,) = read('{"style": null, "seed": 7, "segments": [{"text": "a"}]}', style="line")

    assert ("line", None) == (segment.style, segment.seed)


def test_the_limits_themselves_are_allowed(read):
    """Of ids, of seeds and of the number of pictures."""
    row = {"id": "a" * LONGEST_ID, "text": "a", "seed": MAX_SEED, "count": MAX_COUNT}
    (segment,) = read(json.dumps([row]))

    assert (LONGEST_ID, MAX_SEED, MAX_COUNT) == (len(str(segment.id)), segment.seed, segment.count)


BAD_ROWS = [
    ({"promt": "a"}, "unknown key 'promt' in line 6 (did you mean 'prompt'?)"),
    ({"prompt": "a", "camera": "b"}, "unknown key 'camera' in line 6 (known are id, prompt"),
    ({"prompt": "a", "text": "b"}, "both prompt and text in line 6"),
    ({"text": "a", "content": "b"}, "both text and content in line 6"),
    ({"id": "x"}, "neither prompt nor text in line 6"),
    ({"prompt": None}, "neither prompt nor text in line 6"),
    ({"prompt": " \u200b\n"}, "prompt is blank in line 6"),
    ({"text": ["a"]}, "text is a list, not text in line 6"),
    (["a"], "a list instead of an object in line 6"),
    ("a", "text instead of an object in line 6"),
    ({"prompt": "a", "id": "first"}, "id 'first' more than once in lines 2 and 6"),
    ({"prompt": "a", "id": True}, "id is true or false"),
    ({"prompt": "a", "id": ""}, "id is '' in line 6"),
    ({"prompt": "a", "id": "a\nb"}, "id is 'a\\nb' in line 6"),
    ({"prompt": "a", "seed": -1}, "seed is -1 in line 6"),
    ({"prompt": "a", "seed": 1.5}, "seed is 1.5 in line 6"),
    ({"prompt": "a", "seed": "7"}, "seed is '7' in line 6"),
    ({"prompt": "a", "seed": True}, "seed is True in line 6"),
    ({"prompt": "a", "seed": MAX_SEED + 1}, f"seed is {MAX_SEED + 1} in line 6"),
    ({"prompt": "a", "id": "a" * (LONGEST_ID + 1)}, "write 1 to 200 characters in one line"),
    ({"text": "a", "count": 0}, "count is 0 in line 6"),
    ({"text": "a", "count": True}, "count is True in line 6"),
    ({"text": "a", "count": MAX_COUNT + 1}, f"count is {MAX_COUNT + 1} in line 6"),
    ({"text": "a", "style": "cubist"}, "style 'cubist' does not exist in line 6 (choose one of: "),
    ({"text": "a", "style": 3}, "style is a number, not text in line 6"),
    ({"prompt": "a", "size": "99x99"}, "Size 99x99 is refused in line 6"),
    ({"prompt": "a", "size": "1x1"}, "size is '1x1' in line 6 (write it like 1024x1024)"),
    ({"prompt": "a", "size": 512}, "size is a number, not text in line 6"),
    ({"prompt": "a" * 5001}, "prompt longer than 5000 characters in line 6"),
    ({"prompt": "a", "filename": "../up.jpg"}, "'../up.jpg' is not a file name inside"),
    ({"prompt": "a", "filename": "/etc/x.jpg"}, "'/etc/x.jpg' is not a file name inside"),
    ({"prompt": "a", "filename": "c:x.jpg"}, "'c:x.jpg' is not a file name inside"),
    ({"prompt": "a", "filename": "a\\..\\..\\b"}, "is not a file name inside"),
    ({"prompt": "a", "filename": "a.webp"}, "ends in .webp, but pictures are JPG or PNG in line 6"),
    ({"prompt": "a", "filename": "字" * 100}, "is too long in line 6"),
    ({"prompt": "a", "filename": "deep/" * 200 + "a"}, "is too long in line 6"),
    (
        {"prompt": "a", "filename": ".hid/x.jpg"},
        "'.hid/x.jpg' is hidden in line 6 (no part of it may begin with a dot)",
    ),
    ({"prompt": "a", "filename": "a/.x"}, "'a/.x' is hidden in line 6"),
    ({"prompt": "a", "filename": 3}, "filename is a number, not text in line 6"),
    ({"prompt": "a", "filename": " "}, "is blank in line 6"),
]


@pytest.mark.parametrize(("row", "told"), BAD_ROWS, ids=[str(row)[:40] for row, _ in BAD_ROWS])
def test_a_bad_row_is_named_with_its_line(read, row, told):
    """The line is that of the row in the file, also inside a list that is written over many lines."""
    message = problems_of(read, [{"prompt": "a", "id": "first"}, row])

    assert told in message
    assert message.endswith("nothing was started")


def test_files_that_differ_by_case_alone_are_one(read):
    """On most people's disks the second picture would replace the first."""
    message = problems_of(read, '{"prompt": "a", "id": "Ab"}\n{"prompt": "b", "filename": "./aB.jpg"}', ".jsonl")

    assert "output file './aB.jpg' more than once in lines 1 and 2" in message


def test_each_line_of_an_id_is_named_once_and_a_bad_id_is_nobodys(read):
    """What cannot be an id is told as that, and not as a number that nobody wrote."""
    ids = [7, 7, 7, [1], 0, {}, " ", " "]
    message = problems_of(read, "\n".join(json.dumps({"id": name, "prompt": "a"}) for name in ids), ".jsonl")

    assert "id 7 more than once in lines 1-3;" in message
    assert "id is a list, neither text nor a whole number in line 4" in message
    assert "id is ' ' in lines 7 and 8" in message
    assert 1 == message.count("more than once")


def test_rows_in_one_line_are_named_by_their_number(read):
    """In a file without line breaks the line says nothing."""
    rows = [{"prompt": "a", "id": name, "seed": -1 if name == "b" else 1} for name in ("a", "b", "a", "c", "a")]
    message = problems_of(read, json.dumps({"sise": 3, "segments": rows}))

    assert "unknown key 'sise' beside the segments in line 1" in message
    assert "id 'a' more than once in segments 1, 3 and 5" in message
    assert "seed is -1 in segment 2" in message


@pytest.mark.parametrize(
    ("suffix", "told"), [(".xlsx", "save it as CSV"), (".bin", "name a storyboard in JSON, JSON Lines or CSV")]
)
def test_a_binary_file_is_told_what_to_be_instead(read, suffix, told):
    """Who has a spreadsheet is one step from a storyboard."""
    with pytest.raises(InputError, match=told):
        read(b"PK\3\4\0\0", suffix)


def test_a_guess_about_the_encoding_is_told(tmp_path):
    """Big5 and Shift JIS often pass for GB 18030, as other words: one line says so of all articles."""
    told: list[str] = []
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_bytes("春天的第一杯茶".encode("gb18030"))
    (tmp_path / "c.md").write_text("春天的第一杯茶", encoding="utf-8")
    limits = Limits(folder=tmp_path, article_count=1, size_refusal=size_refusal, prompt_refusal=prompt_refusal)
    found = read_storyboard(tmp_path, defaults=Defaults(), limits=limits, tell=told.append)

    assert {"春天的第一杯茶"} == {segment.content for segment in found}
    assert ["a.md, b.md: not UTF-8, so read as GB 18030 - if the text looks wrong, save it as UTF-8"] == told


def test_a_picture_is_no_folder(read):
    """One segment's file may not be the folder of another's."""
    assert "filename whose folder is the picture" in problems_of(
        read, '{"prompt": "a", "filename": "x.jpg"}\n{"prompt": "b", "filename": "x.jpg/y.jpg"}', ".jsonl"
    )


def test_every_bad_row_is_named_and_equal_problems_together(read):
    """Three and more rows in a row are a range; what is right in between is not in it."""
    rows: list[dict[str, object]] = [{"promt": "a"} for _ in range(90)]
    rows[3] = {"prompt": "a"}
    rows[10] = {"prompt": "a", "seed": -1}
    message = problems_of(read, "\n".join(map(json.dumps, rows)), ".jsonl")

    assert "unknown key 'promt' in lines 1-3, 5-10 and 12-90 (did you mean 'prompt'?)" in message
    assert "seed is -1 in line 11" in message


BROKEN = [
    ("", ".json", "it is empty"),
    ("[]", ".json", "contains no segments"),
    ("hello", ".json", "line 1 is not JSON"),
    ('[{"prompt": "a"},]', ".json", "line 1, column 18 is not JSON"),
    ('[\n{"prompt": "a"}\n{"prompt": "b"}]', ".json", "line 3, column 1 is not JSON (Expecting ',')"),
    ('[{"prompt": "a"}] x', ".json", "line 1, column 19 is not JSON (more after the end)"),
    ('{"segment": [{"prompt": "a"}]}', ".json", "did you mean that by 'segment'?"),
    ('{"segments": {"a": 1}}', ".json", "its 'segments' is not a list"),
    ('{"sise": "1x1", "segments": [{"prompt": "a"}]}', ".json", "unknown key 'sise' beside the segments"),
    ('{"prompt": "a"}\n{"prompt": \n{"prompt": "c"}\noops', ".jsonl", "no JSON (Expecting value) in lines 2 and 4"),
    ('{"segments": [\n{"prompt": "a"},\n]}', ".jsonl", "line 3, column 1 is not JSON"),
    ('{"prompt": "a"}\n{"segments": [{"prompt": "b"}]}', ".jsonl", "unknown key 'segments' in line 2"),
    ("[" * 100_000, ".json", "nested too deeply"),
    ("name,size\na,512x512", ".csv", "line 1 must be a header with a prompt or text column"),
    ("id,prompt,id\n1,a,2", ".csv", "names the column 'id' twice"),
    ("id,prompt\n1,a,b\n2,c", ".csv", "more cells than the header has in line 2"),
    ('id,prompt\n1,"a\nb"\n2,\n', ".csv", "neither prompt nor text in line 4"),
    ("id,prompt,seed\n1,a,x", ".csv", "seed is 'x' in line 2"),
    ("id,promt,text\n1,a,b", ".csv", "unknown key 'promt' in line 2"),
    ('id,prompt\n1,"a', ".csv", "no CSV"),
    ('"id,prompt', ".csv", "no CSV (unexpected end of data) in line 1"),
    ("prompt,seed\na,x\nb,x\nc,x", ".csv", "seed is 'x' in lines 2-4"),
    ('{"prompt": \n{"prompt": "b"}', ".json", "no JSON (Expecting value) in line 1"),
]


@pytest.mark.parametrize(("written", "suffix", "told"), BROKEN, ids=[told for _, _, told in BROKEN])
def test_a_broken_file_is_named_with_the_place(read, written, suffix, told):
    """One line, which says where to mend it."""
    assert told in problems_of(read, written, suffix)


# As `str.isprintable`, letter by letter: of whole texts most would be thrown away.
PRINTABLE = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
PROMPTS = st.text(PRINTABLE, min_size=1, max_size=80).map(lambda text: f"{text}a")


@settings(max_examples=30)
@given(st.lists(PROMPTS, min_size=1, max_size=5))
def test_a_prompt_comes_through_as_it_is(tmp_path_factory, prompts):
    """No format changes a character."""
    folder = tmp_path_factory.mktemp("boards", numbered=True)
    rows = [{"prompt": prompt} for prompt in prompts]
    table = io.StringIO()
    writer = csv.DictWriter(table, ["prompt"])
    writer.writeheader()
    writer.writerows(rows)
    written = {".json": json.dumps(rows), ".jsonl": "\n".join(map(json.dumps, rows)), ".csv": table.getvalue()}
    for suffix, text in written.items():
        path = folder / f"board{suffix}"
        path.write_bytes(text.encode())

        assert prompts == [segment.content for segment in read_path(path, folder)]


@given(st.text(PRINTABLE, min_size=1, max_size=300))
def test_an_id_becomes_a_name_that_stays_inside(name):
    """Whatever an id holds, its file is in the folder, in one part that every system can write."""
    (found,) = picture_names(f"{readable_name(name)}.jpg", 1)

    assert [found] == list(inside(Path("/output"), found).relative_to("/output").parts)
    assert len(found.encode()) <= 200


def test_an_id_may_hold_every_space(read):
    """The wide one of Chinese texts is no control character."""
    (segment,) = read(json.dumps([{"prompt": "a", "id": "第一幕\u3000夜"}]))

    assert "第一幕\u3000夜" == segment.id


def test_names_stay_readable():
    """Chinese is kept, what some system refuses is not."""
    assert "第1集-开场" == readable_name("第1集 / 开场?")
    assert "file-con" == readable_name("con")
    assert "file-con.字" == readable_name("con.字")
    assert ["a-1.jpg", "a-2.jpg"] == picture_names("a", 2)
    assert ["b/00.jpg", "b/01.jpg"] == picture_names("b/", 2)
    assert ["v1.2.jpg"] == picture_names("v1.2", 1)
    assert ["x.JPEG"] == picture_names("x.JPEG", 1)
    assert ["x-1.png", "x-2.png"] == picture_names("x.png", 2)
    assert ["./a.jpg"] == picture_names("./a", 1)


@pytest.mark.parametrize("filename", [".hid/x.jpg", "a\\.x", ".jpg", "a/.hid/", "...x"])
def test_a_hidden_picture_is_refused(filename):
    """The server sends none, so that its address would lead to nothing."""
    with pytest.raises(InputError, match="is hidden - no part of it may begin with a dot"):
        picture_names(filename, 1)


def test_a_folder_of_articles_is_a_storyboard(tmp_path):
    """In order of their names, each with a folder of its own; other files are left alone."""
    for name in ("b.md", "a.txt", "a.md", "c.html", ".hidden.md", "notes.pdf"):
        (tmp_path / name).write_text(f"about {name}")
    found = read_path(tmp_path, tmp_path / "output")

    assert ["a.md", "a.txt", "b", "c"] == [segment.id for segment in found]
    assert ["a.md/", "a.txt/", "b/", "c/"] == [segment.filename for segment in found]
    assert {3} == {segment.count for segment in found}
    assert {2} == {segment.count for segment in read_path(tmp_path, tmp_path / "output", count=2)}


def test_what_a_folder_holds_besides_articles_is_told(tmp_path):
    """One line with names; hidden files and the output folder are nobody's articles."""
    for name in ("a.md", ".hidden", "a.pdf", "b.docx", "c.rtf", "d.jpg"):
        (tmp_path / name).write_text("about")
    for name in ("sub", "output", ".git"):
        (tmp_path / name).mkdir()
    told: list[str] = []
    limits = Limits(folder=tmp_path / "output", article_count=3, size_refusal=size_refusal, prompt_refusal=str)
    read_storyboard(tmp_path, defaults=Defaults(), limits=limits, tell=told.append)

    assert ["5 skipped: a.pdf, b.docx, c.rtf, d.jpg and 1 more"] == [line.partition(" - ")[0] for line in told]

    for name in ("c.rtf", "d.jpg"):
        (tmp_path / name).unlink()
    told.clear()
    read_storyboard(tmp_path, defaults=Defaults(), limits=limits, tell=told.append)

    assert told[0].startswith("3 skipped: a.pdf, b.docx, sub/ - ")


def test_articles_that_cannot_be_read_are_named(tmp_path):
    """By their file names; a folder without articles says what an article is."""
    with pytest.raises(InputError, match=r"\.md"):
        read_path(tmp_path, tmp_path)
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_bytes(b"\x89PNG\0")
    (tmp_path / "c.md").write_text(" ")

    with pytest.raises(InputError, match=r"binary file, not text in a\.md and b\.md; text is blank in c\.md"):
        read_path(tmp_path, tmp_path)


def test_thousands_of_rows_are_read_at_once(read):
    """Checking 2,000 segments takes a moment; half a second is ten times what it needs."""
    rows = [{"id": f"s{i}", "prompt": f"picture {i}", "filename": f"part{i // 100}/{i}"} for i in range(2000)]
    written = json.dumps(rows, indent=2)
    start = time.process_time()
    found = read(written)

    assert 2000 == len(found)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n", "'a.md' is a PDF, no text - name a"),
        (b"\xef\xbb\xbf  %PDF-1.7\n", "'a.md' is a PDF, no text"),
        (rb"{\rtf1\ansi Hello}", "'a.md' is an RTF document, no text"),
        (b"PK\3\4 [Content_Types].xml", "'a.md' is an Office document or an archive, no text"),
    ],
)
def test_a_document_that_looks_like_text_is_refused(data, told):
    """A small PDF has no byte that text has not, but what it draws is no article."""
    with pytest.raises(InputError, match=re.escape(told)):
        decode_text(data, "'a.md'")


def test_a_text_about_documents_is_text():
    """The mark counts at the beginning only."""
    assert "A file that begins with %PDF-1.4" == decode_text(b"A file that begins with %PDF-1.4", "'a.md'")


def test_a_file_that_is_too_large_is_refused(tmp_path):
    """The limit itself is allowed, one byte more is not; the message names the file and the limit."""
    path = tmp_path / "board.json"
    path.write_bytes(bytes(2_000_000))
    assert 2_000_000 == len(read_bytes(path, most=2_000_000))

    path.write_bytes(bytes(2_000_001))
    with pytest.raises(InputError, match=r"board.json' is larger than 2 MB - split it"):
        read_bytes(path, most=2_000_000)


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".ndjson"])
def test_words_in_a_json_file_are_no_table(read, suffix):
    """Its suffix says that it is JSON: nobody is told of headers."""
    assert "line 1 is not JSON - start with [ or {" in problems_of(read, "prompt,size", suffix)


def test_a_count_in_a_table_is_a_number(read):
    """As a seed is, and unlike an id that looks like one."""
    (segment,) = read("id,text,count\n7,The ferry leaves in the fog.,2\n", ".csv")

    assert ("7", 2) == (segment.id, segment.count)


def test_a_line_that_is_nested_too_deeply_is_named(read):
    """The other lines are read all the same."""
    lines = '{"prompt": "a boat"}\n' + "[" * 100_000

    assert "line 2" in problems_of(read, lines, ".jsonl")
    assert "nested too deeply" in problems_of(read, lines, ".jsonl")


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("[]", ".json", True),
        ("oops", ".jsonl", True),
        ('[{"prompt": "a"}]', ".md", True),
        ('{"text": "a"}', ".txt", True),
        ("prompt\na", ".csv", True),
        ("name,age\na,1", ".csv", False),
        ("prompt\na", ".txt", False),
        ("[a link](b.md)", ".md", False),
        ("{{ a placeholder }}", ".md", False),
        ("[1, 2]", ".txt", False),
        ('[{"name": "a"}]', ".txt", False),
    ],
)
def test_a_storyboard_is_told_from_an_article(text, suffix, expected):
    """By its suffix where that says JSON, else by rows that are meant for pictures."""
    assert expected == is_storyboard(text, suffix)


@pytest.mark.parametrize("tail", ["..", "c:x.jpg", "b\\..\\..\\x.jpg", "a\0b.jpg", "a\ud800.jpg"])
def test_a_folder_that_is_known_lets_no_name_pass(tmp_path, tail):
    """The disk is asked once for a folder, but every name in it is looked at."""
    folder = PictureFolder(tmp_path)
    folder.check_inside("b.jpg")

    with pytest.raises(InputError):
        folder.check_inside(tail)


def test_a_file_name_is_text():
    """From Python it may be anything; a path has to be written as text, too."""
    with pytest.raises(InputError, match=r"The file name is 3 - write text such as 'cover\.jpg'"):
        picture_names(3, 1)  # type: ignore[arg-type]


def test_half_a_character_in_a_name_is_no_crash():
    """A shell passes on bytes that are no UTF-8 as lone surrogates."""
    assert ["\ud800.jpg"] == picture_names("\ud800", 1)
    assert folder_name("a\ud800").startswith("a-")


def test_names_that_mean_one_file_are_the_same():
    """On systems that do not tell A from a, that know two signs for folders, or that take an accent apart."""
    assert same_file("a/É.jpg") == same_file("./A\\e\u0301.JPG")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("春天来了。", "is an article, no storyboard - illustrate it: peitu run"),
        ("[oops", "is not JSON"),
        ("", "it is empty"),
    ],
)
def test_an_article_is_told_from_a_storyboard_that_is_broken(read, written, told):
    """Both may end in `.md`: what it begins with tells what to mend."""
    with pytest.raises(InputError, match=told):
        read(written, ".md")
