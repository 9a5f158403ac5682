"""Reading answers from a posted form: the same fields whether one answer is saved or the whole page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from assessments.changes import AnswerChange
from assessments.models import Answer
from rubric.levels import Level

NOT_APPLICABLE = "na"
UNSEEN = -1


@dataclass(frozen=True, slots=True)
class Posted:
    """One answer as it was posted. `choice` is a level's key, `na`, or empty; `version` the one the writer has seen."""

    test: str
    choice: str
    justification: str
    evidence: list[str]
    version: int
    digest: str

    @property
    def touched(self) -> bool:
        """Whether it differs from what the page showed when it was made."""
        return self.digest != digest(self.choice, self.justification, self.evidence)

    @property
    def level(self) -> str:
        """The level that is claimed; a test without a choice claims none, like one that does not apply."""
        return Level.NONE.key if self.choice in ("", NOT_APPLICABLE) else self.choice

    def content(self) -> dict[str, Any]:
        """The same as `Answer.content` of the answer that this would make."""
        return {
            "level": self.level,
            "justification": self.justification,
            "evidence": self.evidence,
            "not_applicable": self.choice == NOT_APPLICABLE,
        }

    def change(self) -> AnswerChange:
        return AnswerChange(test=self.test, version=self.version, **self.content())


def posted_answer(data: QueryDict, test: str) -> Posted:
    """The answer to one test; missing fields count as empty."""
    return Posted(
        test=test,
        choice=data.get(f"{test}-level", ""),
        justification=plain_text(data.get(f"{test}-justification", "")),
        evidence=_links(data.getlist(f"{test}-link"), data.getlist(f"{test}-new-link")),
        version=_version(data.get(f"{test}-version", "0")),
        digest=data.get(f"{test}-was", ""),
    )


def choice_of(answer: Answer | None) -> str:
    """The choice that a stored answer shows; empty where there is none."""
    if answer is None:
        return ""
    return NOT_APPLICABLE if answer.not_applicable else answer.level


def digest(choice: str, justification: str, evidence: list[str]) -> str:
    """A short fingerprint of an answer's content, by which an untouched answer is told from a changed one."""
    return hashlib.sha256(json.dumps([choice, justification, evidence]).encode()).hexdigest()[:16]


def plain_text(text: str) -> str:
    """Typed text with one kind of line end, without what databases refuse, trimmed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def _links(kept: list[str], added: list[str]) -> list[str]:
    """The links that the row lists and what stands in its field for another one, each once."""
    return [link for link in dict.fromkeys(map(plain_text, [*kept, *added])) if link]


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else UNSEEN
