"""Find lines and leads that are about a content, not part of it: notices, breadcrumbs, datelines, speakers."""

import re

# `课程：经济学  学时：2` and `Rating: 4/5. Published by …`: two labels with short values and nothing else.
_LABEL = r"[*_]{0,3}[^\W\d_][\w/ ]{0,13}?[ \t*_]{0,3}[:：|｜][ \t*_]{0,3}"
_PAIRS = re.compile(
    rf"[\W_]{{0,9}}{_LABEL}[^:：。！？!?\n]{{1,30}}?(?:[ \t　]{{1,9}}|[·•|｜/][ \t]{{0,3}})"
    rf"{_LABEL}[^。！？!?\n]{{1,60}}"
)
_LINE = re.compile(
    r"[\W_]{0,20}(?:"
    r"(?:for immediate release|(?:press|news) release|(?:local|world|breaking) news|opinion|editorial|新闻稿|公告)\W*$"
    r"|about (?-i:[A-Z])[^\s.!?]{0,30}(?: [^\s.!?]{1,20}){0,4}$"
    r"|(?:media|press) (?:contact|inquiries)\b|photo(?:graph)?s?(?: and \w+)? by (?-i:[A-Z])"
    r"|(?:this|the) (?:interview|conversation|transcript) has been (?:edited|condensed|lightly)"
    r"|(?:this is )?not (?:investment|financial|medical|legal) advice|past performance\b|(?:affiliate )?disclosure:"
    r"|nutrition(?:al)?(?: facts| information| value)?(?: per \w+)?[ \t*_]{0,3}[:：]"
    r"|(?:rating|score|推荐指数|评分)[ \t]{0,3}[:：]|(?:published by|出版社[:：])"
    r"|related[:：]|(?:instructor|reading list|office hours|due date)[ \t*_]{0,3}[:：]"
    r"|(?:关于|about) ?(?:作者|本文|the author)\W|作者[简介：]"
    r"|(?:本文|文章)(?:由|经)[^，。]{1,20}(?:审核|审校|授权|整理|首发)|风险提示[:：]"
    r"|扫码(?:预约|下单|购买|报名|咨询|了解|领)|预约用户(?:送|赠|享)"
    r"|[★☆⭐]{3,5}|sponsored(?: content| by)?[ \t*_]{0,3}[:：]|print recipe\b"
    r"|\d{1,2}:\d{2}(?::\d{2})?[,.]\d{3} ?--> ?\d"
    r"|(?-i:INT|EXT)[./ ].{2,60}$|(?:please )?drink responsibly|请?(?:理性饮酒|勿酒后?驾)"
    r"|(?:update|download|get it|install)(?: it)?(?: now| today)? (?:from|on|in) (?:the )?(?:app store|google play)"
    r"|[\w ]{1,20}+(?:[>›»][\w ,&']{1,24}+){2,8}$)",
    re.IGNORECASE,
)
# Time stamps and datelines at the beginning of a line.
_LEAD = re.compile(
    r"^[ \t]{0,3}(?:\[\d{1,2}:\d{2}(?::\d{2})?\]|[(（]\d{1,2}:\d{2}(?::\d{2})?[)）]"
    r"|\d{1,2}:\d{2}(?::\d{2}|(?=[ \t])))[ \t]{0,3}"
    r"|^[ \t]{0,3}(?:(?:[A-Z][A-Z.'-]{2,20} ?){1,3})(?:, [A-Z][A-Za-z.]{1,12})?"
    r"(?:, [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?"
    r"(?: \((?:AP|Reuters|AFP|UPI)\))? ?[—–] "
    r"|^(?:本报|[\u4e00-\u9fff]{2,4}(?:日报|晚报|网))讯[ \t]{0,3}"
)
# The speaker's name in a line of a transcript: `HOST:`, `主持人小北：`, `问：`.
_SPEAKER = re.compile(
    r"^[ \t*_]{0,40}(?:(?:主持人|嘉宾|记者|旁白|主播|提问者|受访者)[\u4e00-\u9fff]{0,4}|[问答]"
    r"|(?:[A-Z][A-Z.'-]{1,14} ?){1,2})[ \t*_]{0,3}[:：][ \t*_]{0,3}"
)


def is_about(line: str) -> bool:
    """Tell whether the line is about the content instead of a part of it, e.g. a rating or a breadcrumb."""
    return bool(_LINE.match(line) or _PAIRS.fullmatch(line))


def without_lead(line: str) -> str:
    """Return the line with spaces in place of a dateline, a time stamp and the speaker's name."""
    return _spaced(_SPEAKER, _spaced(_LEAD, line))


def _spaced(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.match(line)
    return " " * found.end() + line[found.end() :] if found else line
