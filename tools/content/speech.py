"""Find and remove what somebody says in a text, and filler words: a picture cannot show them."""

import re

SPOKEN = re.compile(
    r"(?:\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|「[^」\n]{1,200}」)"
    r"(?:[,，]?\s?(?:\w{1,20} ){0,4}(?:says?|said|asks?|asked|reads?|shouts?|shouted|whispers?|whispered|cries|cried)\b"
    r"|[,，]?[^，。,.\n\"“「]{0,8}[说道喊问念写叫])"
    r"|(?:[说道喊问念写叫]|\b(?:says?|said|asks?|asked|reads?|shouts?|shouted|whispers?|whispered))[：:,，]?\s?"
    r"(?:\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|「[^」\n]{1,200}」)"
)
_QUOTED = re.compile(
    r"“(?=[A-Z\u4e00-\u9fff])[^“”\n]{3,400}?[,.!?，。！？…—]”|「[^「」\n]{3,400}?[，。！？…]」"
    r"|(?<![\w\"])\"[A-Z][^\"\n]{8,400}?[,.!?—]\"(?!\w)"
)
# Straight quotes open and close alike, so that each pair is looked at, also one that holds no speech.
_STRAIGHT = re.compile(r"\"([^\"\n]{0,400})\"")
_SAID_ZH = re.compile(r"[\u4e00-\u9fff].*[，。！？…—]")
# What is left of a sentence without its quote: `He said.`
_TAG_ONLY = re.compile(r"(?:^|(?<=[。！？.!?] ))[\w ’']{0,24}\b(?:said|says|asked|replied)(?: \w+)?\.(?=\s|$)")
# Filler words and sounds in a transcript.
_FILLERS = re.compile(
    r"\[(?:laughs?|laughing|laughter|music|applause|crosstalk|inaudible|pause|sighs?|笑|大笑|掌声|音乐)\]|[（(](?:笑|大笑|掌声|音乐|laughs?)[)）]"
    r"|(?<![\w,])(?:um+|uh+|er+m?|hmm+)\b[,.]?|,? \b(?:um+|uh+|you know|i mean|sort of|kind of like|like),(?= )"
    r"|(?<![\u4e00-\u9fff])(?:嗯+|呃+|哎|欸|诶|哇|那个|就是|怎么说呢|对吧)[，,、。.…]+(?:[，,。.…])*",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAST_CHARS = {True: 5, False: 14}


def without_speech(text: str) -> str:
    """Return the plain text without filler words and quoted speech; the quotes stay if too little would be left."""
    text = " ".join(_FILLERS.sub(" ", text).split()) if _FILLERS.search(text) else text
    told = _STRAIGHT.sub(lambda quoted: " " if _SAID_ZH.fullmatch(quoted[1]) else quoted[0], text)
    told = _TAG_ONLY.sub(" ", _QUOTED.sub(" ", told))
    is_chinese = bool(_HAN.search(text))
    return told.strip() if sum(map(str.isalnum, told)) >= _LEAST_CHARS[is_chinese] else text
