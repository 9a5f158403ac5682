"""Who is mentioned in a text: `@` and the part of an e-mail address before its own `@`, or the whole address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from accounts.models import Person

MENTION = re.compile(r"(?<![\w.@-])@([\w.+-]+(?:@[\w-]+(?:\.[\w-]+)+)?)")


def handles(people: Iterable[Person]) -> dict[str, Person]:
    """By what each person can be mentioned, in lower case: the address, and its first part where only one has it."""
    known = {person.email.lower(): person for person in people}
    firsts = Counter(email.partition("@")[0] for email in known)
    short = {email.partition("@")[0]: person for email, person in known.items()}
    return known | {first: person for first, person in short.items() if firsts[first] == 1}


def shown_handle(person: Person, known: Mapping[str, Person]) -> str:
    """The shortest handle of a person."""
    email = person.email.lower()
    first = email.partition("@")[0]
    return first if known.get(first) == person else email


def mentioned_in(text: str, known: Mapping[str, Person]) -> list[Person]:
    """The people whom a text mentions, each once; a full stop after a handle ends it."""
    found = (
        known.get(match[1].lower()) or known.get(match[1].lower().rstrip(".-")) for match in MENTION.finditer(text)
    )
    return list({person.pk: person for person in found if person is not None}.values())
