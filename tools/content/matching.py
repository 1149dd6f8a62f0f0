"""Find the topic of a text by the keywords of the templates."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tools.content.templates import DEFAULT, Topic, topics
from tools.content.words import language_of
from tools.simplified import simplified

_SHORT_CHARS = 40
_MOST_NEEDED = 5.0  # the highest score that a long text needs
_OFTEN = 3
# Phrases that contain a keyword but are not about its topic: a record high is no history, a law of motion no sport.
_IDIOMS = re.compile(
    r"运动(?:定律|状态)|历史(?:新高|新低|最高|最低|最好|性|纪录|记录|上最)|historic(?:al)? (?:high|low)s?"
)


def match_topic(
    text: str, *, title: str = "", headings: Iterable[str] = (), tags: Iterable[str] = (), own: Path | None = None
) -> Topic:
    """Return the topic whose keywords the text uses most; a hit in the title weighs most.

    Return the default topic if none matches: in a text of more than 40 characters, a single keyword counts only if it
    occurs three times. An author's tag that is a keyword decides at once. `own` is the user's folder of templates.
    """
    known = topics(own)
    for tag in (simplified(tag).lower() for tag in tags):
        for topic in known.values():
            if tag in map(str.lower, (*topic.keywords.zh, *topic.keywords.en)) and topic.id != DEFAULT:
                return topic
    whole = _Hay("\n".join([title, *headings, text]))
    layers = [(_Hay(title), 4.0), (_Hay("\n".join(headings)), 2.0), (_Hay(text), 1.0)]
    scores = {
        topic.id: sum(hay.score(topic) * weight for hay, weight in layers)
        for topic in known.values()
        if topic.id != DEFAULT and (len(text) <= _SHORT_CHARS or whole.is_evidence(topic))
    }
    best = max(scores, key=scores.__getitem__, default=DEFAULT)
    # Every long text contains some keywords of any topic; a Chinese character counts as three letters.
    enough = min(_MOST_NEEDED, max(1.0, len(text) * (3 if language_of(text) == "zh" else 1) / 300))
    return known[best] if scores.get(best, 0) >= enough else known[DEFAULT]


class _Hay:
    """A text in which keywords are counted: English ones as whole words, Chinese ones anywhere."""

    def __init__(self, text: str) -> None:
        self.text = _IDIOMS.sub(" ", simplified(text).lower())
        # Keywords of own templates may be in Traditional characters, like the text.
        self.texts = {self.text, _IDIOMS.sub(" ", text.lower())}
        self.words = Counter(re.findall(r"[^\W_]+(?:[+#])*", self.text, re.ASCII))

    def score(self, topic: Topic) -> float:
        """Return the sum of the square roots of each keyword's hits: many different words beat one repeated word."""
        keywords = (word.lower() for word in (*topic.keywords.zh, *topic.keywords.en))
        return sum(math.sqrt(min(self._count(word), 16)) for word in keywords)

    def is_evidence(self, topic: Topic) -> bool:
        """Say whether two keywords of the topic, or one at least three times, are in the text."""
        counts = [self._count(word.lower()) for word in (*topic.keywords.zh, *topic.keywords.en)]
        return sum(map(bool, counts)) > 1 or max(counts) >= _OFTEN

    def _count(self, word: str) -> int:
        if not word.isascii():
            return max(text.count(word) for text in self.texts)
        if re.fullmatch(r"[a-z0-9]+[+#]*", word):
            plural = self.words[f"{word}s"] if len(word) > 3 else 0
            return self.words[word] + plural
        return len(re.findall(rf"\b{re.escape(word)}s?\b", self.text, re.ASCII)) if word in self.text else 0
