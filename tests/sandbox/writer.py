"""The sandbox's language model: writes answers in the form that Peitu asks for, made from the question itself.

It recognizes Peitu's questions by their fences, `<content>`, `<drafts>` and `<prompt>`, and answers any other with an
empty object.
"""

import json
import re
from typing import Any

MOST_SCENES = 6
FENCES = ("<content>", "<drafts>", "<prompt>")


def write(messages: list[dict[str, Any]]) -> str:
    """Return a JSON answer to the last question of the conversation."""
    questions = [str(message["content"]) for message in messages if message["role"] == "user"]
    asked = next((text for text in questions if any(fence in text for fence in FENCES)), "")
    if "<prompt>" in asked:
        return json.dumps({"prompt": f"Gently: {asked.split('<prompt>')[1].split('</prompt>')[0].strip()}"})
    if "<drafts>" in asked:
        return _prompts(asked)
    return _analysis(asked) if "<content>" in asked else "{}"


def _analysis(asked: str) -> str:
    passages = re.findall(r"^\[(\d+)\] (.+)$", asked, re.MULTILINE)
    step = max(1, len(passages) // MOST_SCENES)
    scenes = [
        {"paragraph": int(number), "subject": text.split("。")[0].split(". ")[0][:60]}
        for number, text in passages[::step][:MOST_SCENES]
    ]
    title = re.search(r"^Title, as far as known: (.+)$", asked, re.MULTILINE)
    answer = {
        "title": json.loads(title[1]) if title else "",
        "topic": "default",
        "mood": "hopeful",
        "keywords": [scene["subject"][:10] for scene in scenes[:3]],
        "scenes": scenes,
    }
    return json.dumps(answer, ensure_ascii=False)


def _prompts(asked: str) -> str:
    drafts = [json.loads(line) for line in asked.splitlines() if line.startswith('{"number"')]
    chinese = "Simplified Chinese" in asked
    written = [
        {
            "number": draft["number"],
            "subject": draft["passage"][:30],
            "prompt": f"{draft['passage'][:80].rstrip('。')}，柔和的晨光"
            if chinese
            else f"{draft['passage'][:80].rstrip('.')}, in soft morning light",
        }
        for draft in drafts
    ]
    return json.dumps({"prompts": written}, ensure_ascii=False)
