"""Rate how good a picture a phrase would make, by its words alone."""

import re

from tools.content.templates import Language
from tools.content.words import picturable

CLAUSE_END = re.compile(r"[,，;；:：—–]+|\s-\s|(?<=\w)\.(?=\s)")
# An incomplete sentence, or one that refers to another.
_POINTING = re.compile(
    r"^(?:(?:it|this|that|they|these|those|there|what|why|how|who|whose|which|where)\b|这|那|它|此)"
    r"|(?:时候?|之后|以后|之前|以前|的话)$",
    re.IGNORECASE,
)
_NOT = {
    "zh": re.compile(
        r"不(?![断停久远过但仅同少错锈倒禁时由幸安]|知不觉|紧不慢|慌不忙|小心|得不)|没(?!收|入|过|有$)|别(?=再|去|让|忘|把|先|急|怕)"
    ),
    "en": re.compile(r"\b(?:not|no|never|without|nobody|nothing)\b|n['’]t\b", re.IGNORECASE),
}
_CLAUSES = {"zh": re.compile(r"[，；]"), "en": re.compile(r"[,;] (?:and |but )?")}
_SAYING = re.compile(
    r"(?:(?<![小听据传])说|[问回]答|[问喊叫答说]道|看到|了解到|获悉|表示|认为|指出|介绍|预计|显示|建议|发现|提醒)(?=$|[，,])"
    r"|\b(?:says?|said|asks?|asked|replie[ds]|announced|reported)\b"
)
_ASKING = re.compile(
    r"^(?:一个人|人们|有人|自己)?(?:有没有|是不是|会不会|能不能|什么是|怎么|如何|何必|难道)|为什么|为何|[吗呢]$"
    r"|^(?:do|does|did|have|has|is|are|can|could|would|should|why|how|what) (?:a person|people|they|the|there)\b",
    re.IGNORECASE,
)
# Image services refuse such a prompt, and nobody wants the picture beside an article.
_UNFIT = re.compile(
    r"尸|流血|鲜血|血迹|自杀|自残|割腕|裸体|赤裸|强奸|性侵|吸毒|毒品|屠杀|斩首|呕吐|大便|小便|尿液|粪便|凶杀"
    r"|\b(?:corpses?|blood(?:y|shed|stain\w*)|suicid\w+|naked|nude|rap(?:e|ed|ist)|gore|gory|massacre\w*|behead\w*"
    r"|vomit\w*|urine|fec(?:es|al)|poop|heroin|cocaine|murder\w*|died|killed|dead bod(?:y|ies))\b",
    re.IGNORECASE,
)
# Prices and opening hours, which a picture cannot show.
_PRACTICAL = re.compile(
    r"[€$£¥￥]\s?\d|\d\s?(?:元|块钱|美元|欧元|万元|亿元)|\d{1,2}[:：]\d{2}\s?[-–—~至到]|(?:开放|营业)时间|门票"
    r"|票价|\btickets? cost",
    re.IGNORECASE,
)
# Somebody in a posture, or with something in hand, can be drawn whatever the other words are.
_POSTURE = {
    "zh": re.compile(
        r"(?<!关)[坐站躺趴蹲跪靠围挤骑握捧搂抱牵拉推扛挑提拎端举披戴穿系拿夹叼][在着]|[拿抱举抬捧端]起|挥手|点头|鞠躬|招手|弯腰"
        r"|低头|抬头|仰头|奔跑|跳舞|拥抱|仰起|走[进上出]|跳[进下]|爬上|[喝吃][着了]"
    ),
    "en": re.compile(
        r"\b(?:sit(?:s|ting)?|sat|stands?|standing (?:in|on|at|by|near|under|before|behind|beside|there)|stood"
        r"|walk(?:s|ed|ing)?|climb(?:s|ed|ing)?|kneel(?:s|ing)?|knelt"
        r"|lean(?:s|ed|ing)|crouch(?:es|ed|ing)?|hug(?:s|ged|ging)?|kiss(?:es|ed|ing)?|wav(?:es|ed|ing)|danc(?:es|ed|ing)"
        r"|wad(?:es|ed|ing)|row(?:s|ed|ing)|rid(?:es|ing)|rode|holding|carr(?:ied|ying)|pull(?:ed|ing)|push(?:ed|ing)"
        r"|pour(?:s|ed|ing)?|knead(?:s|ed|ing)?|sweep(?:s|ing)?|swept|knit(?:s|ting)?|peel(?:s|ed|ing)?|whisper(?:s|ed|ing)?"
        r"|stroll(?:s|ed|ing)?|wander(?:s|ed|ing)?|swim(?:s|ming)?|swam|wears|wearing|wore|asleep|barefoot)\b",
        re.IGNORECASE,
    ),
}


# The word after `and`: a verb whose subject precedes it, unless it is the noun of a thing.
_JOINED = re.compile(
    r"\s*(?:and|but|or|then) "
    r"(?!(?:an?|the|his|her|their|its|my|our|your|this|that|these|those|some|many|most|all|each|every|one|two|three|four"
    r"|five|he|she|they|we|you|it|there|here|in|on|at|with|from|when|where|even|so)\b)([a-z]+)\b"
)


def affirmed(phrase: str, language: Language) -> str:
    """Return the phrase without its negated clauses, if the remaining ones show something."""
    parts = _CLAUSES[language].split(phrase)
    # A negated clause stays if it names two things before the negation.
    kept = [part for part in parts if not (denied := _NOT[language].search(part)) or _shows_two(part, denied, language)]
    rest = ("，" if language == "zh" else ", ").join(kept)
    return rest if 0 < len(kept) < len(parts) and picturable(rest, language) else phrase


def _shows_two(part: str, denied: re.Match[str], language: Language) -> bool:
    return len(picturable(part[: denied.start()], language)) > 1


def worth(phrase: str, language: Language) -> float:
    """Return how good a picture the phrase makes by its words; higher is better, below 0.5 nothing is visible."""
    # What follows a negation must not be seen; numbers tempt the image model to write text.
    seen = ", ".join(_NOT[language].split(clause, maxsplit=1)[0] for clause in CLAUSE_END.split(phrase))
    things = len(picturable(seen, language))
    words = max(1.0, len(phrase) / (2.5 if language == "zh" else 6))
    score = 2.0 * min(things, 4) + min(0.5, 2 * things / words) + 1.0 * shows_posture(seen, language)
    score -= 1.0 * min(3, len(re.findall(r"\d+", phrase)))
    score -= 0.5 * bool(_NOT[language].search(phrase))
    score -= 1.5 * (len(phrase) < (5 if language == "zh" else 14))
    score -= 1.5 * (len(phrase) < (3 if language == "zh" else 7))  # e.g. the signature of a letter
    score -= 1.5 * bool(_POINTING.search(phrase))
    score -= 1.5 * bool(_ASKING.search(phrase))
    score -= 2.0 * bool(_PRACTICAL.search(phrase))
    score -= 4.0 * bool(_UNFIT.search(phrase))
    said = _SAYING.search(phrase)
    return score - (0.0 if said is None else 1.5 if phrase[said.end() :].strip() else 3.0)  # it may be visible


def shows_posture(phrase: str, language: Language) -> bool:
    """Say whether somebody sits, walks, holds or wears something in the phrase."""
    return bool(_POSTURE[language].search(phrase))


def beginning(sentence: str, start: int, language: Language) -> float:
    """Return a bonus or penalty for the start of a phrase: in English, one that starts later may lack its subject."""
    if start == 0:
        return 0.5 if language == "zh" else 1.5
    joined = _JOINED.match(sentence, start)
    return -4.0 if joined and not picturable(joined[1], "en") else 0.0
