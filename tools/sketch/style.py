"""Remove words about style and medium from a subject: "a watercolor of a cat" asks for a cat, not for a brush."""

import re

_MEDIUM_ZH = (
    r"(?:水彩|油画|水墨|国画|工笔|素描|铅笔|彩铅|蜡笔|粉彩|丙烯|版画|木刻|剪纸"
    r"|摄影|照片|胶片|数码|电影|卡通|动漫|漫画|绘本|儿童)画?"
)
_WORK_ZH = r"(?:插画|插图|作品|风格|画风|质感|笔触|效果|肌理|构图|画面|色调|大片|镜头|风|感)"
_MEDIUM_EN = (
    r"(?:oil|watercolou?r|ink|acrylic|pastel|charcoal|pencil|crayon|gouache|digital|line|vector|flat|chalk|brush)"
)
_WORK_EN = r"(?:painting|illustration|drawing|sketch|print|artwork|art|style|portrait|picture|image|render(?:ing)?)"
_START, _END = r"(?:^|(?<=[，,。；;、.:：!！])) ?", r" ?(?=$|[，,。；;、.:：!！])"
_STYLE = re.compile(
    rf"{_MEDIUM_ZH}{_WORK_ZH}{{1,2}}的?|戏剧(?:性|化|感)?的?(?:构图|光影|光线|灯光|氛围|效果|画面)的?"
    rf"|{_START}(?:一[幅张]|一组)?{_MEDIUM_ZH}{_END}"
    r"|一[幅张](?:黑白)?(?:照片|油画|水彩画?|国画|画)[，：:]"
    rf"|{_START}(?:an? |the )?(?:[a-z]+ ){{0,2}}(?:photo|photograph|{_WORK_EN})s? (?:of|showing|depicting|with)\b"
    rf"|\b(?:in (?:the style of )?)?(?:an? )?{_MEDIUM_EN}(?: on canvas|[ -]colou?r)?"
    rf" {_WORK_EN}(?: style)?{_END}"
    rf"|{_START}(?:oil|acrylic) on canvas of\b"
    rf"|{_START}(?:in )?{_MEDIUM_EN}(?: on canvas)?{_END}"
    rf"|{_START}(?:[a-z]+ )?photo(?:graph|graphy)?{_END}"
    r"|\b(?:dramatic|cinematic) (?:composition|lighting|light|angle|mood|shot|scene)\b|\bfilm grain\b"
)


def without_style(subject: str) -> str:
    """Return the lower-case subject without words about medium, style and composition, unless nothing else is left."""
    left = _STYLE.sub(" ", subject)
    return left if any(map(str.isalnum, left)) else subject
