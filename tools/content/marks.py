"""Replace the list and heading marks of plain text by Markdown's, without changing the length of the text."""

import re

_LISTED = re.compile(r"^[ \t]{0,3}(?:\d{1,2}|[一二三四五六七八九十]{1,3})、(?=[ \t]{0,3}[^\s\d])")
_BRACKETED = re.compile(r"^【([^【】\n]{1,20})】(?=[ \t]*$)", re.MULTILINE)  # a heading; `# ` has the brackets' length
_BULLET = re.compile(r"^([ \t]*)[•·▪●◆■]", re.MULTILINE)
_STEP = re.compile(r"[ \t]{0,3}\d{1,2}[.)、](?!\d)")
_NUMBERED = re.compile(
    r"[ \t]{0,3}((?:\d{1,2}[.)、]|0\d|\d{1,2}(?:\.\d{1,2}){1,2}\.?"
    r"(?=[ \t]{1,9}[A-Z\u4e00-\u9fff])(?![ \t]{1,9}[公千平毫厘英米元个小万亿克升倍斤吨度]))(?=[ \t])"
    r"|[一二三四五六七八九十]{1,3}、|第[\d一二三四五六七八九十百]{1,3}[章节回幕][ \t　:：]{1,3})"
    r"[ \t]{0,9}\S[^.。！？!?;；:：,，]{0,60}$"
)


def marked(content: str) -> list[str]:
    """Return the lines with Markdown's marks; offsets in the content stay valid."""
    lines = _with_headings(_BRACKETED.sub(r"# \1", _BULLET.sub(r"\1-", content)))
    return [_LISTED.sub(as_item, line) for line in lines]


def as_item(found: re.Match[str]) -> str:
    """Return Markdown's `- ` in place of a list number, so that each line is a passage or a sentence of its own."""
    return "- ".ljust(len(found[0]))


def _with_headings(content: str) -> list[str]:
    """Return the lines; a single numbered line above other text, as pasted from office programs, becomes a heading."""
    lines = content.splitlines(keepends=True)
    filled = [number for number, line in enumerate(lines) if line.strip()]
    numbered = {number: found for number in filled if (found := _NUMBERED.match(lines[number].rstrip()))}
    for before, number, after in zip([-1, *filled], filled, filled[1:], strict=False):
        if number not in numbered:
            continue
        step = bool(_STEP.match(lines[number]))  # looks like a list item; a heading only if its text follows at once
        apart = step and (after != number + 1 or _STEP.match(lines[after]))
        neighbors = [numbered[line] for line in (before, after) if line in numbered]
        if not apart and _level(numbered[number]) not in map(_level, neighbors):
            start, end = numbered[number].span(1)
            mark = ("#" * min(6, end - start - 1)).ljust(end - start)
            lines[number] = lines[number][:start] + mark + lines[number][end:]
    return lines


def _level(numbered: re.Match[str]) -> str:
    """Return the mark of the numbered line without its digits, e.g. `第章`; all items of a list have the same."""
    return re.sub(r"[\d一二三四五六七八九十百]", "", numbered[1]).strip()
