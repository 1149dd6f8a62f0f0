"""Notices, bylines and private data out of a content, so that no service ever reads or draws them.

What goes leaves as many spaces, so that places in the content stay what they are.
"""

import re
from itertools import pairwise

from tools.content.private_data import without_private

_START = r"^[\W_]{0,20}"
_ROLES = (
    "图文|文图|图片|图源|图|文|文字|摄影|编辑|责编|责任编辑|校对|审核|监制|来源|作者|排版|美编|供稿|撰文|撰稿|记者|通讯员|出品"
    "|原标题|转自|转载自|投稿"
)
_LINE = re.compile(
    rf"{_START}(?:(?:{_ROLES})[ \t]{{0,3}}[|:：丨｜/／][^。？！?!，]{{0,80}}$"
    r"|(?:by|photo|photos|image|source|author|editor|credit)[ \t]{0,3}[|:][^.]{0,200}$"
    r"|by (?-i:[A-Z])\w{1,20} (?-i:[A-Z])\w{1,20}(?:[ \t]{0,3}[|,].{0,200})?$"
    r"|(?:table|figure|fig\.?|图|表)[ \t]{0,2}\d{1,3}[ \t]{0,2}[:：.]"
    r"|(?:往期|今日互动|今日话题|互动话题|推荐阅读|延伸阅读|相关阅读|免责声明|版权声明|分享到)"
    r"|(?:advertisement$|related (?:posts|articles|stories)\b|skip to )"
    r"|(?:各位|尊敬的|亲爱的)\w{1,12}[:：，,!！]{1,2}$|dear [\w ]{2,30}[,:]$"
    r"|read more(?:$|[ \t]{0,3}[:：→»>.…])|page \d{1,4} of \d"
    r"|\S[^\t\n]{0,60}\t{1,9}[^\t\n]{1,60}\t[^.。]{0,200}$)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"点击(?:上方|下方|蓝字|左下|这里|链接|阅读原文)|蓝字关注|关注(?:我们|我的|本)?(?:的)?(?:公众号|视频号)|点个?(?:赞|在看).{0,8}(?:在看|转发|分享|关注|收藏)"
    r"|点个[“”\"']{0,2}在看|点个赞|转发(?:给|到|至).{0,6}(?:朋友|好友|更多|群)|分享(?:给|到|至).{0,6}(?:好友|更多|朋友圈)|设为星标"
    r"|长按.{0,6}(?:识别|扫|二维码|关注)|扫码|扫(?:一扫|描).{0,8}二维码|识别.{0,4}二维码|阅读原文|(?:在|到)评论区|评论区(?:留言|见|聊|告诉)|欢迎.{0,6}留言|后台回复"
    r"|添加(?:小助手|客服|微信)|商务合作|版权(?:所有|归)|未经(?:授权|许可|允许)|侵权(?:必究|请|联系)|如有侵权"
    r"|(?:大家|各位)好[，,]?我(?:是|叫)|本文(?:首发|来自|转载)"
    r"|all rights reserved|\bwe use cookies|\bthis (?:web)?site uses cookies"
    r"|\baccept (?:all )?cookies|\bcookie (?:policy|settings|notice)"
    r"|\bprivacy policy\b|\bterms of (?:use|service)\b|©[ \t]{0,3}(?:copyright )?\d{4}"
    rf"|{_START}(?:please |don['’]t forget to |remember to )?"
    r"(?:subscribe(?: to| now| for| here| and|\W{0,5}$)|unsubscribe"
    r"|(?:call|phone|text|e-?mail|write to|contact|reach)\b.{0,40}(?:\d{3}[ .-]\d{3,4}|@)|关注我(?:们)?(?:[，,。！!]|$)"
    r"|share (?:this|it on)|follow us|click here|sign up (?:for|to|here|now)"
    r"|leave (?:us )?a comment|like and (?:share|subscribe))",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:新华社|中新社|中新网|人民网|央视网|本报)[^，。\n]{0,10}?\d{1,2}月\d{1,2}日(?:电|讯)[ \t]{0,3}"
    r"|(?:[(（][^()（）\n]{0,6}记者[^()（）\n]{0,20}[)）])|记者(?:\d{1,2}日)?从[^，。\n]{1,20}(?:获悉|了解到)，"
)
_SENTENCE_END = re.compile(r"[。！？!?…～~]+[”’」』）)\"'💛]*|\.(?=\s)|$")
_TAG = re.compile(r"(</?[A-Za-z][^<>]{0,1000}>)")
_BULLET = re.compile(r"^([ \t]*)[•·▪●◆■]", re.MULTILINE)
_NUMBERED = re.compile(r"[ \t]{0,3}(\d{1,2}[.)、])[ \t]{1,9}\S[^.。！？!?;；:：,，]{1,60}$")


def cleared(content: str) -> str:
    """Return the content, as long as it is, without what is no part of its story.

    Private data always go. Notices stay in a text that is nothing else, since something must be pictured.
    """
    kept = without_private("".join(_line_cleared(line) for line in _with_headings(_BULLET.sub(r"\1-", content))))
    return kept if any(map(str.isalnum, kept)) else without_private(content)


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _line_cleared(line: str) -> str:
    """Return the line with spaces in place of notices; the tags of HTML stay, and part what is between them."""
    text = line.rstrip("\r\n")
    pieces = _TAG.split(text) if "<" in text else [text]
    return "".join(piece if piece.startswith("<") else _piece_cleared(piece) for piece in pieces) + line[len(text) :]


def _piece_cleared(text: str) -> str:
    """Return spaces for a notice, or the text without the sentences that are one."""
    if _LINE.match(text[:400]):
        return " " * len(text)
    if _SENTENCE.search(text):
        ends = [0, *(found.end() for found in _SENTENCE_END.finditer(text))]
        sentences = (text[left:right] for left, right in pairwise(ends))
        text = "".join(" " * len(one) if _SENTENCE.search(one) else one for one in sentences)
    return _LEAD.sub(_spaces, text)


def _with_headings(content: str) -> list[str]:
    """Return the lines; a lone numbered one above other text, as office programs paste it, is marked a heading."""
    lines = content.splitlines(keepends=True)
    filled = [number for number, line in enumerate(lines) if line.strip()]
    numbered = {number: found for number in filled if (found := _NUMBERED.match(lines[number].rstrip()))}
    for before, number, after in zip([-1, *filled], filled, filled[1:], strict=False):
        alone = before not in numbered and after == number + 1 and not _NUMBERED.match(lines[after].rstrip())
        if number in numbered and alone and not re.match(r"[ \t]{0,3}\d{1,2}[.)、]", lines[after]):
            start, end = numbered[number].span(1)
            lines[number] = lines[number][:start] + "#" * (end - start) + lines[number][end:]
    return lines
