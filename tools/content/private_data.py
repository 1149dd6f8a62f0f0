"""Blank out what looks private: telephone, identity and card numbers, e-mail, accounts and labelled addresses.

Nothing else is removed, e.g. a street in a story stays.
"""

import re

_HAN = r"\u4e00-\u9fff"
_ABOUT = "(?:联系|联络|咨询|报名|预约|订座|订餐|订票|客服|服务|投诉|举报|门店){0,2}"
_NUMBERS_ZH = "电话号?码?|热线|手机号?码?|邮箱|电子邮件|身份证号?码?|护照号?码?|银行卡号|卡号|账号"
_NUMBERS_EN = "telephone|tel|phone|mobile|fax|e-?mail|passport|whatsapp"
_ACCOUNTS = "微信号?|[vV]信|薇信|威信|vx|wx|wechat"
# Five digits or more that are not a year, a sum of money or a count.
_NUMBER = r"[A-Z]{0,2}[+(（]{0,2}\d(?:[ ()（）.-]{0,2}\d){4,20}X?(?![\d年月日代元块人台部万亿G])"
_ROOM = "(?:号院|号楼|号|院|[\\dA-Z-]{1,5}(?:号楼|号院|号|栋|幢|座|单元|楼|层|室))"
_STREET = "(?:street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd)"
_PLACE = rf"[{_HAN}]{{2,7}}(?:省|(?<![城都超夜集门上])市(?![区场民井])|(?<![市城景小社地园山])区|县)"
_HOUSE_EN = rf"\b\d{{1,5}}(?: (?-i:[A-Z])[a-z]{{1,20}}){{1,3}} {_STREET}\b\.?"
_ZIP = r"(?-i:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[\dA-Z]? \d[A-Z]{2})\b"
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}"
_NAMED = (
    r"(?:联[系络]人|联[系络]方式)[ \t]{0,3}[:：](?=[^。；;<\n]{0,60}[\d@])[^，,。；;<\n]{0,60}",
    rf"(?:联[系络]人)[ \t]{{0,3}}[:：][ \t]{{0,3}}[{_HAN}]{{2,6}}[ \t]{{0,3}}(?=<|$)",
    r"\bcontact[ \t]{0,3}:(?=[^;<\n]{0,60}[\d@])(?:[^,.;<\n]|\.(?=\w)){0,60}",
)
# Every quantifier is bounded, as in `markup`. If a pattern has a group, only the group is removed.
_ADDRESSES = (
    (
        rf"(?:地址|住址)[ \t]{{0,3}}[:：][^，,。；;<\n\d]{{0,60}}"
        rf"(?:\d[\dA-Z-]{{0,8}}|[一二三四五六七八九十百]{{1,5}}(?=号)){_ROOM}{{0,5}}的?"
    ),
    rf"(?:寄到|寄往|寄至)[{_HAN}]{{1,30}}(\d{{1,5}}{_ROOM}{{1,5}})",
    rf"{_PLACE}[{_HAN}]{{0,20}}(?<![{_HAN}]高速公)[路街巷弄道里村镇]([\d一二三四五六七八九十百]{{1,5}}号{_ROOM}{{0,4}})",
    r"[路街巷弄道里](\d{1,5}号(?:院|[\dA-Z-]{1,5}(?:号楼|栋|幢|单元|室)){1,4})",
    r"(\d{1,4}(?:号楼|栋|幢|座)(?:[\dA-Z-]{1,5}(?:单元|楼|层|室)){1,3})",
    (
        r"\baddress[ \t]{0,3}:(?=[^,;<\n]{0,60}\d)(?:[^,.;<\n]|\.(?=\w)){0,60}"
        r"(?:,[ \t]?(?-i:[A-Z\d])[\w# -]{1,30}(?=[,;<\n.]|$)){0,4}"
    ),
    rf"{_HOUSE_EN},? (?:apartment|apt|suite|unit|#)\b\.? ?#?\w{{1,5}}(?:(?:, [A-Z][\w ]{{1,20}}){{0,2}},? {_ZIP})?",
    rf"{_HOUSE_EN},? #\d{{1,5}}",
    rf"{_HOUSE_EN}(?: (?-i:[NS]?[EW]?))?(?:, (?-i:[A-Z])[\w ]{{1,20}}){{0,2}},? {_ZIP}",
)
_NUMBERS = (
    rf"{_ABOUT}(?:{_NUMBERS_ZH})[ \t]{{0,3}}[:：][ \t]{{0,3}}(?:{_NUMBER}|{_EMAIL})",
    rf"(?:{_NUMBERS_ZH})[ \t]{{0,3}}[是为][ \t]{{0,3}}({_NUMBER})",
    rf"(?:{_ACCOUNTS})[ \t]{{0,3}}[:：][ \t]{{0,3}}(?:{_NUMBER}|[a-z](?=[\w-]{{0,19}}[\d_-])[\w-]{{3,19}})",
    r"(?:微信号|[vV]信号?)[ \t]{0,3}[:：是][ \t]{0,3}([a-z][a-z\d_-]{4,19})",
    r"QQ[群号]{0,2}[ \t]{0,3}[:：是]?[ \t]{0,3}\d{5,11}(?![\d年月日代元块人台部万亿G])",
    rf"(?<!\w)(?:{_NUMBERS_EN})(?:\.|[ \t]{{0,3}}[:：])[ \t]{{0,3}}(?:{_NUMBER}|{_EMAIL})",
    (
        r"(?:\b(?:tel|telephone|fax)|传真|[☎📞📱📠]\ufe0f?)[.:： \t]{0,3}"
        r"[+(]{0,2}\d(?:[ ().-]{0,2}\d){5,15}(?![\d年月日代元])"
    ),
    r"\b(?:phone|mobile) ([+(]{0,2}\d(?:[ ().-]{0,2}\d){5,15})(?!\d)",
    _EMAIL,
    r"\b(?-i:[A-Z]{2}\d{2} ?[A-Z\d]{4}(?: ?\d{4}){2,6}(?: ?[A-Z\d]{1,3})?)\b",  # IBAN
    r"(?<!\d)(?!(?:(?:1[5-9]|20)\d\d[ -]){3})((?:\d{4}[ -]){3}\d{1,7}(?:[ -]\d{1,4})?)(?!\d)",
    r"(?<![\d.])\d{11,24}[\dX]?(?!\d|\.\d|[颗个只粒次元亿万])",  # mobile, identity and card numbers
    r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)",
    r"(?<!\d)[(（]?0\d{2,3}[)）]?[ -]?\d{7,8}(?!\d)",
    r"(?<!\d)[48]00[ -]\d{3,4}[ -]?\d{3,4}(?!\d)",
    r"\+\d{1,3}[ .(-]{1,2}\d[\d ().-]{6,18}\d",
    r"(?<!\d)\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}(?!\d)",
    r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)",
)


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


_ALL = _compiled(*_NAMED, *_ADDRESSES, *_NUMBERS)
_LEAST = _compiled(*_NAMED, *_NUMBERS, r"\+?\d(?:[ ().-]{0,2}\d){6,30}")
_CLAUSE = re.compile(r"[^，,；;。！？!?\n]{1,300}")
_SENTENCE = re.compile(r"(?:[^.;。！？!?\n]|\.(?=\w)){1,300}[.。！？!?]?")
_CONTACT_EN = re.compile(
    r"\b(?:call|phone|text|e|e?mail|write|contact|reach|dial|tel|telephone|fax|mobile|whatsapp|wechat|me|us|him|her|them"
    r"|at|to|or|on|the|number|for|details|please|and|via|by|more|information|info|with|out|now|today|in|touch|get|our|my"
    r"|is|just|iban|card|qq|questions|don['’]t|hesitate)\b",
    re.IGNORECASE,
)
_CONTACT_ZH = re.compile(
    "联系|联络|电话|客服|售后|物业|服务中心|如有|疑问|拨打|致电|咨询|报名|微信|手机|邮箱|邮件|写信|热线|传真|号码|地址|住址|或者|详情|转账|账号|卡号|方式|[请加我或是为的号发到至打我们群]"
)


def without_private(content: str) -> str:
    """Return the content with everything that looks private replaced by as many spaces."""
    return _without_calls(content, _cleared(content, _ALL))


def without_numbers(content: str) -> str:
    """Return the content with labelled names, accounts, e-mail and long numbers replaced by spaces; addresses stay."""
    return _cleared(content, _LEAST)


def _cleared(content: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    for pattern in patterns:
        content = pattern.sub(_spaces, content)
    return content


def _spaces(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span(found.re.groups and 1))
    whole = found[0]
    return whole[:start] + " " * (end - start) + whole[end:]


def _without_calls(before: str, after: str) -> str:
    """Return the text without sentences and clauses of which only a phrase like `call … or write to …` is left."""
    for part in (_SENTENCE, _CLAUSE):
        after = part.sub(lambda found: _unless_a_call(found, before), after)
    return after


def _unless_a_call(found: re.Match[str], before: str) -> str:
    text = found[0]
    if before[found.start() : found.end()] == text:
        return text
    rest = _CONTACT_EN.sub("", _CONTACT_ZH.sub("", text))
    return text if any(map(str.isalnum, rest)) else " " * len(text)
