"""Remove notices, bylines and private data from a content, so that no service ever reads or draws them.

Spaces of the same length take their place, so that offsets in the content stay valid.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from tools.content.marks import as_item, marked
from tools.content.notices import is_about, without_lead
from tools.content.private_data import without_numbers, without_private
from tools.content.speech import SPOKEN
from tools.simplified import as_written, simplified

_HAN = r"\u4e00-\u9fff"
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_START = r"^[\W_]{0,20}"
# The time of a message in an exported chat.
_STAMP = r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?,? \d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m)?\]?"
_ROLES = (
    "图文|文图|图源|摄影|编辑|责编|责任编辑|校对|审核|监制|来源|作者|排版|美编|供稿|撰文|撰稿|记者|通讯员|出品"
    "|原标题|转自|转载自|投稿"
)
_LINE = re.compile(
    rf"{_START}(?:(?:{_ROLES})[ \t]{{0,3}}[|:：丨｜/／][^。？！?!，]{{0,80}}$"
    # A caption says what can be seen; a photographer's name or a source does not.
    r"|(?:图|图片|文|文字)[ \t]{0,3}[|:：丨｜/／]"
    r"(?:[^。？！?!，]{0,8}|.{0,40}(?:[|丨｜/／]|摄|图库|供图|提供|网络).{0,40})$"
    r"|(?:by|source|author|editor|credit)[ \t]{0,3}[|:][^.]{0,200}$"
    r"|(?:photo|image|picture)s?(?: credit)?(?:[ \t]{0,3}[|:]| by)"
    r"(?:[ \t/|&,]{1,3}(?:(?-i:[A-Z@©])[\w.]{0,20}|on|via)){1,8}$"
    rf"|(?:posted|published|updated)(?: on| by)?[ \t:](?=.{{0,40}}(?:\d{{4}}|{_MONTH}))[^.!?]{{0,80}}$"
    r"|\d{1,2}[ -]min(?:ute)?s? read$"
    r"|by (?-i:[A-Z])\w{1,20} (?-i:[A-Z])[\w-]{1,20}"
    rf"(?:[ \t]{{0,3}}[|·].{{0,60}}"
    rf"|,(?=.{{0,60}}(?:[|·]|\d{{4}}|\d (?:{_MONTH})|(?:{_MONTH})\w{{0,6}} \d))[^.!?]{{0,60}})?$"
    r"|原创[ \t][^，。！？]{0,60}\d{1,4}[-年月/]\d{1,2}.{0,30}$"
    rf"|{_STAMP}[ \t]{{1,3}}\S{{1,20}}$"
    r"|阅读(?:量|数)?[ \t:：]{0,3}\d[\d.]{0,6}[ \t]?[万wk]?\+?$"
    rf"|(?:本报|本刊|新华社|见习|特约){{0,2}}(?:记者|通讯员)[ \t]{{0,3}}[{_HAN}]{{2,4}}"
    rf"(?:[ \t]{{1,3}}[{_HAN}]{{2,4}}){{0,3}}[ \t]{{0,3}}[/／]?(?:摄|文|报道|摄影|供图)[)）]?$"
    r"|(?:转载请注明|一键三连|join our (?:mailing list|newsletter))"
    r"|(?:table|表)[ \t]{0,2}\d{1,3}[ \t]{0,2}[:：.]"
    r"|(?:今日互动|今日话题|互动话题|免责声明|版权声明|当前位置[:：]|作者简介|声明[：:]本文|图片来(?:源|自)|分享到(?=\W|微信|微博|$))"
    r"|(?:广告|全文完|advertisement)\W*$|skip to |jump to(?: recipe|:)|(?:filed under|disclosure)[ \t]{0,3}:"
    r"|(?:previous|next) post[ \t]{0,3}[:：→»]|comments? \(\d"
    r"|(?:各位|尊敬的|亲爱的)[\w、]{1,24}[:：，,!！]{1,2}$|dear [\w ]{2,30}[,:]$"
    r"|read more(?:$|[ \t]{0,3}[:：→»>.…])|page \d{1,4} of \d"
    r"|\S[^\t\n]{0,60}\t{1,9}[^\t\n]{1,60}\t[^.。]{0,200}$)",
    re.IGNORECASE,
)
# Headings above lists of links to other articles.
_OTHERS = re.compile(
    rf"{_START}(?:往期(?!待)|(?:推荐|延伸|相关)阅读(?:\W|$)|相关(?:新闻|文章|推荐)\W*$|猜你喜欢"
    r"|related (?:posts|articles|stories)\b)[^。！？.!?]{0,60}$",
    re.IGNORECASE,
)
_LEGAL = r"(?:privacy policy|terms of (?:use|service)|cookie (?:policy|settings|notice))"
_SENTENCE = re.compile(
    r"点击(?:上方|下方|蓝字|左下|这里|链接|阅读原文)|蓝字关注"
    r"|(?:关注|追踪)(?:我们|我的|本)?(?:的)?(?:公众号|视频号|粉[丝专])|按赞[、，,和并](?:留言|分享|订阅|追踪)"
    r"|点个?(?:赞|在看).{0,8}(?:在看|转发|分享|关注|收藏)|点个[“”\"']{0,2}在看|点个赞(?:吧|哦|呗|再走)|一键三连"
    r"|转发(?:给|到|至)(?:你|您|身边|更多|朋友圈(?!的))|分享(?:给|到|至)(?:你|您|身边|朋友圈(?!的))|设为星标"
    r"|长按[^，。]{0,6}(?:识别|扫|二维码|关注)|扫码(?:关注|添加|入群|加群|进群|领取)"
    r"|(?:扫一?扫|扫描|识别)(?:下方|上方|下图|上图|图中|文末|左侧|右侧)[^，。]{0,4}二维码"
    r"|(?:点击|戳)阅读原文|阅读原文(?:\W*$|[，,]?(?:查看|了解|购买|获取|报名))|(?:(?<![她他它们人])[在到]|(?<![在到]))评论区(?:留言|见|聊|告诉|互动|等你)"
    r"|欢迎(?:大家|各位|你|您)?(?:在?(?:文末|后台|下方))?留言(?:$|\W{0,3}(?:讨论|互动|交流|告诉|分享|$))|后台回复"
    r"|添加(?:小助手|客服|微信)|商务合作(?!的)|版权(?:所有|归)|未经(?:授权|许可|允许)[^。]{0,8}(?:不得|禁止|严禁|请勿|转载|使用)"
    r"|侵权(?:必究|请|联系)|如有侵权|(?:大家|各位)好[，,]?我(?:是|叫)(?![一个只条])[^，,。\s]{1,8}\W*$"
    r"|本文(?:首发|来自|转载)|转载请(?:注明|联系|标明)"
    r"|all rights reserved|\b(?:we|this (?:web)?site) uses? cookies"
    r"(?:\W*$| to (?:improve|enhance|personali|analy|ensure|provide|offer|deliver|understand)"
    r"| (?:and|on)\b|,| to \w+ your)"
    rf"|\baccept all cookies|{_START}accept cookies\W*$|©[ \t]{{0,3}}(?:copyright )?\d{{4}}"
    r"|\bjoin our (?:mailing list|newsletter)"
    rf"|(?:{_START}|\bour |\bagree to (?:the )?|[|·•©/][ \t]{{0,3}}){_LEGAL}(?:\W*$|[ \t]{{0,3}}[|·•©/]| (?:and|&) )"
    rf"|{_START}(?:if you (?:like|love|enjoy)\w{{0,2}} [^,.\n]{{1,40}}, |you can (?:also )?)?"
    r"(?:please |don['’]t forget to |remember to )?"
    r"(?:subscribe(?: to (?:our|my|us|this|get|receive|the (?:newsletter|channel|list|feed|blog)|newsletters?|updates)"
    r"| now| for| here| and (?:share|like|follow|hit|never|get)\b|\W{0,5}$)|unsubscribe"
    r"|关注我(?:们)?(?:[，,。！!]|$)"
    r"|share (?:it on|on (?-i:[A-Z])"
    r"|(?:this|it)(?: (?:article|post|page|story|video|recipe)\b| with (?:your|a) friends?\b|\W*$))"
    r"|follow (?:us|me)(?: on (?:(?-i:[A-Z])|social|our)| ?@|\W*$)|click here"
    r"|sign up(?: here| now|\W*$| (?:for|to)\b.{0,30}(?:newsletter|updates|e-?mail|\bour\b))"
    r"|leave (?:us )?a comment(?: below|\W*$)|(?:tell|let) (?:us|me)(?: \w+){0,5} in the comments"
    r"|like and (?:share|subscribe)|save this (?:post )?for later|tag a friend|see (?:our|the full) \w+\W*$"
    r"|(?:call|phone|text|dial)(?: us| me| now| at| the number| on){0,2} \d{3}[ -]\d{4}\W*$)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\[(?:图片|表情|动画表情|语音|视频|文件|链接|位置)\]|<media omitted>"
    r"|^[\W_]{0,20}(?:图|figure|fig\.?)[ \t]{0,2}\d{1,3}[ \t]{0,2}[:：.]"
    r"|(?:新华社|中新社|中新网|人民网|央视网|本报)[^，。\n]{0,10}?\d{1,2}月\d{1,2}日(?:电|讯)[ \t]{0,3}"
    r"|(?:[(（][^()（）\n]{0,6}记者[^()（）\n]{0,20}[)）])|记者(?:\d{1,2}日)?从[^，。\n]{1,20}(?:获悉|了解到)，",
    re.IGNORECASE,
)
_SPEAKER = re.compile(rf"^\[?{_STAMP}[ \t]{{0,2}}(?:[-–][ \t])?[^:：\n]{{1,20}}[:：][ \t]?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[。！？!?…～~]+[”’」』）)\"'💛]*|\.(?=\s)|$")
_ENDED = re.compile(r"[。.；;，,：:][”’」』）)\"']{0,3}$|.{60}")
_TAG = re.compile(r"(</?[A-Za-z][^<>]{0,1000}>)")
_NO_PARTICLES = str.maketrans("", "", "的在于与和是了")
_PREPOSITION = re.compile(r"\b(?:at|in|on|by|to|of|for|from|with|near|and|or|the|a|an)\b", re.IGNORECASE)


def cleared(content: str) -> str:
    """Return the content with spaces in place of all that is not part of its text, at the same length.

    Notices, and at last addresses, stay in a content that is nothing else, since something must be pictured. Private
    names, accounts, e-mail and numbers never do.
    """
    simple = simplified(content)
    return as_written(_kept(simple), simple, content)


def _kept(content: str) -> str:
    kept = without_private("".join(map(_line_cleared, _without_others(marked(content)))))
    if _says_something(kept):
        return kept
    whole = without_private(content)
    return whole if _says_something(whole) else without_numbers(content)


def _says_something(text: str) -> bool:
    """Tell whether more than particles is left, not counting HTML tags."""
    words = _TAG.sub(" ", text).translate(_NO_PARTICLES)
    return any(map(str.isalnum, _PREPOSITION.sub("", words)))


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _without_others(lines: list[str]) -> Iterator[str]:
    """Yield the lines, with spaces in place of links to other articles: a heading, and the titles below it."""
    inside = False
    for line in lines:
        text = line.strip()
        if text:
            inside = bool(_OTHERS.match(text)) or (inside and not _ENDED.search(text))
        yield re.sub(r"[^\r\n]", " ", line) if inside else line


def _line_cleared(line: str) -> str:
    """Return the line with spaces in place of notices; HTML tags stay, and each text between them is checked alone."""
    text = line.rstrip("\r\n")
    pieces = _TAG.split(text) if "<" in text else [text]
    return "".join(piece if piece.startswith("<") else _piece_cleared(piece) for piece in pieces) + line[len(text) :]


def _piece_cleared(text: str) -> str:
    """Return spaces for a notice, or the text with spaces for the sentences that are one; quoted speech stays."""
    line = text.rstrip()[:400]
    if _LINE.match(line) or is_about(line):
        return " " * len(text)
    ends = [0, *(found.end() for found in _SENTENCE_END.finditer(text))]
    sentences = [(left, right, bool(_SENTENCE.search(text[left:right]))) for left, right in pairwise(ends)]
    if any(is_notice for _, _, is_notice in sentences):
        spoken = [found.span() for found in SPOKEN.finditer(text)]
        pieces: list[str] = []
        for left, right, is_notice in sentences:
            said = any(left < end and start < right for start, end in spoken)
            pieces.append(" " * (right - left) if is_notice and not said else text[left:right])
        text = "".join(pieces)
    # In a chat, every line is an item of its own.
    return _SPEAKER.sub(as_item, without_lead(_LEAD.sub(_spaces, text)))
