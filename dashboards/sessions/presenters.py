"""What the pages of a team session show. Hidden votes enter as numbers of votes alone, never as what was voted."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count

from accounts.models import Person
from assessments.models import Assessment, Ballot, Choice, Participant, Round, Tally, TeamSession
from assessments.spread import STEPS, disagreement
from rubric.definition import Rubric, Test
from rubric.loader import builtin

GLYPHS = {"none": "l-00", "manual": "l-c0", "automated": "l-cc", "na": "l-na", "unsure": ""}
WORDS: dict[str, str] = {each.value: str(each.label) for each in Choice}


@dataclass(frozen=True, slots=True)
class Bar:
    """The votes for one choice; `share` is percent of all votes on the test, `voters` names in a named session."""

    word: str
    glyph: str
    votes: int
    share: int
    voters: list[str]


@dataclass(frozen=True, slots=True)
class Spread:
    """A revealed test: its votes by choice, how far they lie apart, and what was agreed."""

    test: Test
    bars: list[Bar]
    votes: Mapping[str, int]
    round: Round

    @property
    def disagreement(self) -> Fraction:
        return disagreement(self.votes)

    @property
    def words(self) -> str:
        """The disagreement as a short sentence."""
        sides = [choice for choice in self.votes if choice != Choice.UNSURE]
        if not self.votes:
            return "Nobody voted"
        if not sides:
            return "Nobody knows"
        if len(sides) == 1:
            return "All agree" if self.votes[sides[0]] > 1 else "One says"
        steps = [STEPS[choice] for choice in sides if choice in STEPS]
        if len(steps) == 1:
            return "Apart on whether it applies"
        return f"{'Two levels' if max(steps) - min(steps) == 2 else 'One level'} apart"

    @property
    def agreed_word(self) -> str:
        return WORDS.get(self.round.agreed, "")

    @property
    def agreed_glyph(self) -> str:
        return GLYPHS.get(self.round.agreed, "")


def spreads_of(session: TeamSession, rubric: Rubric, names: Mapping[str, str] | None = None) -> list[Spread]:
    """The revealed tests, widest disagreement first; of equal ones in the rubric's order. `names` are those of voters."""
    revealed = {each.test: each for each in session.rounds.all()}
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for tally in session.tallies.all():
        tallies[tally.test].append(tally)
    if names is None:
        names = names_of([session])
    spreads = [
        Spread(
            test=test,
            bars=_bars(tallies[test.key], names),
            votes={each.choice: each.votes for each in tallies[test.key]},
            round=revealed[test.key],
        )
        for test in rubric.tests.values()
        if test.key in revealed
    ]
    return sorted(spreads, key=lambda spread: -spread.disagreement)


def names_of(sessions: Iterable[TeamSession]) -> dict[str, str]:
    """The names of voters by e-mail address; no statement where nobody is named."""
    emails = {email for session in sessions for tally in session.tallies.all() for email in tally.voters}
    if not emails:
        return {}
    return {person.email: str(person) for person in Person.objects.filter(email__in=emails)}


def _bars(tallies: list[Tally], names: Mapping[str, str]) -> list[Bar]:
    total = sum(each.votes for each in tallies)
    by_choice = {each.choice: each for each in tallies}
    return [
        Bar(
            word=WORDS[choice],
            glyph=GLYPHS[choice],
            votes=found.votes,
            share=round(100 * found.votes / total),
            voters=sorted(names.get(email, email) for email in found.voters),
        )
        for choice in Choice.values
        if (found := by_choice.get(choice)) is not None
    ]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a session is: `finished` voted on every hidden test; `votes` counts votes by hidden test, for leaders."""

    joined: int
    finished: int
    hidden: list[Test]
    votes: Mapping[str, int]
    stage: str

    @property
    def text(self) -> str:
        if not self.hidden:
            return "All votes are revealed."
        if not self.joined:
            return "Nobody has joined yet."
        return f"{self.finished} of {self.joined} {'has' if self.joined == 1 else 'have'} answered."

    @property
    def counted(self) -> list[tuple[Test, int]]:
        """The hidden tests with their numbers of votes."""
        return [(test, self.votes.get(test.key, 0)) for test in self.hidden]


def progress_of(session: TeamSession, rounds: Iterable[Round], *, by_test: bool) -> Progress:
    """The session's progress in at most three statements besides its rounds; `by_test` counts votes by test too."""
    rounds = list(rounds)
    revealed = {each.test for each in rounds}
    hidden = [test for key, test in builtin()[session.assessment.rubric].tests.items() if key not in revealed]
    ballots = Ballot.objects.filter(session=session)
    whole = ballots.values("participant").annotate(votes=Count("pk")).filter(votes=len(hidden))
    counts = ballots.values("test").annotate(votes=Count("pk")).values_list("test", "votes") if by_test else []
    return Progress(
        joined=Participant.objects.filter(session=session).count(),
        finished=whole.count() if hidden else 0,
        hidden=hidden,
        votes=dict(counts),
        stage=stage_of(session, rounds),
    )


def stage_of(session: TeamSession, rounds: Iterable[Round]) -> str:
    """A fingerprint of all that the page shows besides the progress: a page that bears another one is outdated."""
    facts = sorted(f"{each.test} {each.agreed} {each.agreed_at}" for each in rounds)
    return hashlib.sha256("\n".join([session.status, *facts]).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as the assessment's page shows it."""

    session: TeamSession
    spreads: list[Spread]


def kept_sessions(assessment: Assessment, rubric: Rubric) -> list[Kept]:
    """The assessment's sessions that revealed something, with their votes and agreements, oldest first."""
    sessions = list(assessment.sessions.kept().select_related("facilitator").prefetch_related("rounds", "tallies"))
    names = names_of(sessions)
    kept = [Kept(each, spreads_of(each, rubric, names)) for each in sessions]
    return [each for each in kept if each.spreads]
