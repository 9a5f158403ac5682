"""What the assessment pages show, as plain values made from stored answers and a score."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from assessments.claims import NOT_APPLICABLE, freeze, thaw
from assessments.models import Answer, Assessment, Thread
from dashboards.assessing.evidence_line import lines_by_choice
from dashboards.assessing.forms import Posted, choice_of, digest
from dashboards.assessing.proposing import Proposal, proposal_for
from dashboards.phrases import Phrase
from evidence.rules_of import Rules
from rubric.definition import Category, Rubric, Test
from rubric.levels import Level
from rubric.scoring import adjusted
from rubric.timeline import Claims, Levels
from scores.drafts import Draft, Proof
from scores.reading import category_scores, score_of
from scores.score import CategoryScore, FullScore, Score

GLYPHS = {Level.NONE: "l-00", Level.MANUAL: "l-v0", Level.AUTOMATED: "l-vv"}
CLAIM_GLYPHS = {"none": "l-00", "manual": "l-c0", "automated": "l-cc", "na": "l-na", "": "l-00"}
WORDS = {"none": "None", "manual": "Manual", "automated": "Automated", "na": "n/a", "": "Not answered"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One segment of an answer. `points` is empty for what is not on the scale."""

    value: str
    word: str
    points: str
    glyph: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """Someone else's answer that stands where the reader wanted to save another; `theirs` is None where it is gone."""

    theirs: Answer | None
    mine: str
    who: str = ""

    @property
    def version(self) -> int:
        return self.theirs.version if self.theirs is not None else 0

    @property
    def theirs_word(self) -> str:
        return WORDS[choice_of(self.theirs)]


@dataclass(frozen=True, slots=True)
class Row:
    """One test with its answer, as the form shows it."""

    test: Test
    choices: tuple[Choice, ...]
    justification: str
    links: list[str]
    version: int
    was: str
    stamp: str = ""
    lines: list[tuple[str, Phrase]] = field(default_factory=list)
    conflict: Conflict | None = None
    faults: Sequence[str] = ()
    unseen_from: Assessment | None = None
    proposals: list[Proposal] = field(default_factory=list)
    thread: Thread | None = None
    attached: int = 0

    @property
    def choice(self) -> str:
        return next((choice.value for choice in self.choices if choice.checked), "")

    @property
    def word(self) -> str:
        return WORDS[self.choice]

    @property
    def claim_glyph(self) -> str:
        """The disc of the claim alone: hatched, since nothing here proves it."""
        return CLAIM_GLYPHS[self.choice]

    @property
    def has_notes(self) -> bool:
        """Whether the fields for notes are shown from the start: where there is something in them, or needed."""
        return bool(self.justification or self.links or self.faults or self.choice not in ("", Level.NONE.key))


@dataclass(frozen=True, slots=True)
class CategoryRows:
    """A category with its rows and its points."""

    category: Category
    score: CategoryScore
    rows: list[Row]

    @property
    def unseen(self) -> int:
        """How many of its answers were taken over and nobody has looked at."""
        return sum(row.unseen_from is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Panel:
    """The score that finalising would make, and how far the answers are."""

    total: Score
    categories: tuple[CategoryScore, ...]
    answered: int
    tests: int
    disagreeing: int
    unseen: int
    adjusted: Fraction | None
    left_out: int
    changed: int | None
    since: datetime | None

    @property
    def limits(self) -> str:
        """What holds the score, as a sentence."""
        names = [row.category.title for row in self.categories if row.limits]
        if len(names) == len(self.categories):
            return "All categories hold the score alike."
        verb = "holds" if len(names) == 1 else "hold"
        return f"{listed(names)} {verb} the score back."


def listed(names: Sequence[str]) -> str:
    """Names as a sentence holds them: `A`, `A and B`, `A, B and C`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def panel_of(assessment: Assessment, rubric: Rubric, answers: Collection[Answer], proof: Proof, at: datetime) -> Panel:
    """The panel of a draft as of `at`."""
    draft = Draft.of(rubric, answers, at)
    levels = draft.beside(proof.verified)
    total = score_of(rubric, levels, at)
    source = assessment.carried_from
    return Panel(
        total=total,
        categories=category_scores(total),
        answered=len(answers),
        tests=len(rubric.tests),
        disagreeing=len(_said_too_much(levels, rubric, proof)),
        unseen=sum(answer.unseen_from_id is not None for answer in answers),
        adjusted=adjusted(rubric, levels.credited, levels.left_out) if levels.left_out else None,
        left_out=len(levels.left_out),
        changed=len(changed_tests(source.claims or {}, freeze(answers))) if source else None,
        since=source.effective_at if source else None,
    )


def _said_too_much(levels: Levels, rubric: Rubric, proof: Proof) -> list[str]:
    """The tests that have had evidence, of which less is left than is claimed."""
    return [
        test
        for test, claimed in levels.claimed.items()
        if test in rubric.tests and test in proof.ever and levels.verified.get(test, Level.NONE) < claimed
    ]


def changed_tests(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The tests whose frozen claims differ."""
    none = Level.NONE.key
    return [test for test in {**before, **after} if before.get(test, none) != after.get(test, none)]


def thawed(stored: Mapping[str, str], assessment: Assessment) -> Claims:
    """Frozen claims as from the assessment's own time."""
    return thaw(dict(stored), assessment.effective_at or assessment.started_at)


def claim_word(frozen: Mapping[str, str], test: str) -> str:
    """A frozen claim in words."""
    return WORDS["na" if frozen.get(test) == NOT_APPLICABLE else frozen.get(test, Level.NONE.key)]


def rows_of(
    rubric: Rubric,
    answers: Mapping[str, Answer],
    score: FullScore,
    rules: Rules,
    at: datetime,
    overrides: Mapping[str, Row] | None = None,
    threads: Mapping[str, Thread] | None = None,
    attached: Mapping[str, int] | None = None,
) -> list[CategoryRows]:
    """Every category with its rows. `overrides` are rows that show what was typed in place of what is stored."""
    tests = {each.test.key: each for each in score.tests}
    points = {row.category.key: row for row in score.categories}
    sections = []
    for category in rubric.categories:
        rows = []
        for test in category.tests:
            row = (overrides or {}).get(test.key) or stored_row(rubric, test, answers.get(test.key))
            freshness = rules.freshness(test.key)
            row.lines.extend(lines_by_choice(tests[test.key], at, freshness.window))
            proposal = proposal_for(tests[test.key], answers.get(test.key), at, freshness.window, freshness.repeat)
            row.proposals.extend([proposal] if proposal else [])
            rows.append(replace(row, thread=(threads or {}).get(test.key), attached=(attached or {}).get(test.key, 0)))
        sections.append(CategoryRows(category, points[category.key], rows))
    return sections


def stored_row(rubric: Rubric, test: Test, answer: Answer | None) -> Row:
    """A test with its answer as stored."""
    choice = choice_of(answer)
    justification = answer.justification if answer else ""
    links = list(answer.evidence) if answer else []
    return Row(
        test=test,
        choices=choices(rubric, choice),
        justification=justification,
        links=links,
        version=answer.version if answer else 0,
        was=digest(choice, justification, links),
        stamp=stamp(answer),
        unseen_from=answer.unseen_from if answer else None,
    )


def stamp(answer: Answer | None) -> str:
    """Differs whenever the row of this answer looks different: by it a form tells which rows others changed."""
    if answer is None:
        return "0"
    return f"{answer.version}{'~' if answer.unseen_from_id else ''}{answer.declined or ''}"


def typed_row(
    rubric: Rubric, test: Test, posted: Posted, conflict: Conflict | None = None, faults: Sequence[str] = ()
) -> Row:
    """A test with an answer as it was typed and not stored: it keeps its old version, and so stays a conflict."""
    return Row(
        test=test,
        choices=choices(rubric, posted.choice),
        justification=posted.justification,
        links=posted.evidence,
        version=posted.version,
        was=posted.digest,
        conflict=conflict,
        faults=faults,
    )


def choices(rubric: Rubric, chosen: str) -> tuple[Choice, ...]:
    """The segments of an answer, with the points that the rubric's scale gives."""
    levels = [
        Choice(level.key, WORDS[level.key], scale_mark(rubric.scale[level]), GLYPHS[level], chosen == level.key)
        for level in Level
    ]
    return (*levels, Choice("na", WORDS["na"], "", "l-na", chosen == "na"))


def scale_mark(points: Fraction) -> str:
    """Points of one level as a short mark, such as `½` or `1`."""
    return {Fraction(1, 2): "½", Fraction(1, 4): "¼", Fraction(3, 4): "¾"}.get(points, f"{float(points):g}")
