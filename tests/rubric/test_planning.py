"""Plans are the cheapest there are, by exhaustive search, and their order is one that can be followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubric.definition import Aggregation, Category, Effort, Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from rubric.planning import COSTS, Plan, Unreachable, plan, unsupported
from rubric.scoring import totals

NEW, OLD, PRINCIPLES = (builtin()[key] for key in ("ml-test-score-2017", "ml-test-score-2016", "key-principles"))
NONE, MANUAL, AUTOMATED = Level


def make_test(key: str, category: str, effort: Effort, leans_on: tuple[str, ...] = ()) -> Test:
    return Test(key, key, category, effort, leans_on, "", "", "", "", (), ())


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    """Small rubrics: up to 3 categories and 5 tests in all, any scale, links back to earlier tests, a starting order."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).filter(lambda sizes: sum(sizes) <= 5))
    keys = [f"t{place}" for place in range(sum(sizes))]
    order = draw(st.permutations(keys))
    made: dict[str, Test] = {}
    homes = [f"c{place}" for place, size in enumerate(sizes) for _ in range(size)]
    for key in order:
        leans_on = draw(st.lists(st.sampled_from(sorted(made)), unique=True, max_size=2)) if made else []
        made[key] = make_test(key, homes[keys.index(key)], draw(st.sampled_from(list(Effort))), tuple(leans_on))
    categories = tuple(
        Category(home, home, tuple(made[key] for key in keys if made[key].category == home))
        for home in dict.fromkeys(homes)
    )
    manual = draw(st.sampled_from(["1/4", "1/3", "1/2", "9/10"]))
    return Rubric(
        key="small", title="", summary="", source="", notes=(), bands=(), categories=categories,
        scale={NONE: Fraction(0), MANUAL: Fraction(manual), AUTOMATED: Fraction(1)},
        aggregation=draw(st.sampled_from(list(Aggregation))),
        starting_order=tuple(draw(st.lists(st.sampled_from(keys), unique=True, max_size=3))),
    )  # fmt: skip


Ends = Mapping[str, Level]


def every_end(rubric: Rubric, levels: Ends) -> Iterator[dict[str, Level]]:
    """Every way in which the tests can come to hold what they hold or more."""
    options = [[level for level in Level if level >= levels.get(key, NONE)] for key in rubric.tests]
    for chosen in product(*options):
        yield dict(zip(rubric.tests, chosen, strict=True))


def preference(
    rubric: Rubric, levels: Ends, ends: Ends, efforts: Mapping[str, Effort], not_applicable: frozenset[str]
) -> list[int]:
    """The list at the head of `rubric.planning`, word by word."""
    steps = {key: ends[key] - levels.get(key, NONE) for key in rubric.tests}
    leaning = [key for key, test in rubric.tests.items() if any(not levels.get(other) for other in test.leans_on)]
    return [
        sum(steps[key] for key in not_applicable),
        sum(count * COSTS[efforts.get(key, rubric.tests[key].effort)] for key, count in steps.items()),
        sum(steps[key] for key in leaning),
        *(-steps[key] for key in rubric.starting_order),
        -sum(steps[key] for key in rubric.tests if levels.get(key) is MANUAL),
        sum(count == 2 for count in steps.values()),
        *(-count for count in steps.values()),
    ]


def followed(rubric: Rubric, levels: Ends, made: Plan) -> dict[str, Level]:
    """The levels at the end, having checked each step on the way."""
    held = {key: levels.get(key, NONE) for key in rubric.tests}
    for place, step in enumerate(made.steps):
        assert held[step.test.key] is step.start and step.level == step.start + 1
        later = {other.test.key for other in made.steps[place:]}
        missing_at_first = {key for key in step.test.leans_on if not levels.get(key)}
        assert not missing_at_first & later, "it leans on a test that comes later"
        assert set(step.missing) == {key for key in step.test.leans_on if not held[key]}
        held[step.test.key] = step.level
        assert step.points == rubric.scale[step.level] - rubric.scale[step.start]
        assert step.score == totals(rubric, held).score
    return held


@settings(deadline=None)
@given(data=st.data())
def test_a_plan_is_the_best_of_all_sets_that_reach_the_target(data: st.DataObject) -> None:
    rubric = data.draw(rubrics())
    keys = list(rubric.tests)
    levels = data.draw(st.dictionaries(st.sampled_from(keys), st.sampled_from(list(Level))))
    efforts = data.draw(st.dictionaries(st.sampled_from(keys), st.sampled_from(list(Effort)), max_size=2))
    unclaimed = [key for key in keys if not levels.get(key)]
    apart = frozenset(data.draw(st.sets(st.sampled_from(unclaimed), max_size=2))) if unclaimed else frozenset()
    target = rubric.maximum * data.draw(st.fractions(0, 1, max_denominator=12))
    made = plan(rubric, levels, target, efforts=efforts, not_applicable=apart)
    reaching = [ends for ends in every_end(rubric, levels) if totals(rubric, ends).score >= target]
    best = min(reaching, key=lambda ends: preference(rubric, levels, ends, efforts, apart))
    assert followed(rubric, levels, made) == best
    assert made.reaches >= target or not made.steps
    assert made.cost == preference(rubric, levels, best, efforts, apart)[1]


@settings(deadline=None, max_examples=40)
@given(
    rubric=st.sampled_from([NEW, OLD, PRINCIPLES]),
    share=st.fractions(0, 1, max_denominator=28),
    seed=st.lists(st.sampled_from(list(Level)), min_size=28, max_size=28),
)
def test_a_plan_for_a_published_rubric_can_be_followed(rubric: Rubric, share: Fraction, seed: list[Level]) -> None:
    levels = dict(zip(rubric.tests, seed, strict=False))
    made = plan(rubric, levels, rubric.maximum * share)
    assert totals(rubric, followed(rubric, levels, made)).score == made.reaches >= made.target


def held_all(level: Level, **other: Level) -> dict[str, Level]:
    return dict.fromkeys(NEW.tests, level) | {key.replace("_", "-"): value for key, value in other.items()}


def test_cost_comes_first_and_ties_prefer_the_starting_order_then_what_is_done_by_hand() -> None:
    infra = {test: NONE for test in NEW.tests if NEW.tests[test].category == "infra"}
    done = held_all(AUTOMATED) | infra
    small = [key for key in infra if NEW.tests[key].effort is Effort.SMALL]
    assert [step.name for step in plan(NEW, done, Fraction(1)).steps] == [f"{key}.manual" for key in small]
    middling = dict.fromkeys(infra, Effort.MEDIUM)
    first = plan(NEW, done, Fraction(1), efforts=middling).steps
    assert [step.name for step in first] == ["infra-1.manual", "infra-1.automated"]
    by_hand = done | {"infra-7": MANUAL, "infra-1": AUTOMATED}
    assert [step.name for step in plan(NEW, by_hand, Fraction(2), efforts=middling).steps] == ["infra-7.automated"]


def test_what_leans_on_nothing_missing_comes_before_the_starting_order() -> None:
    done = held_all(AUTOMATED, infra_1=NONE, infra_4=NONE, model_1=NONE, model_2=AUTOMATED)
    equal = {"infra-1": Effort.SMALL, "infra-4": Effort.SMALL}
    made = plan(NEW, done, Fraction(11, 2), efforts=equal)
    assert [step.name for step in made.steps] == ["infra-4.manual"]
    both = plan(NEW, done, Fraction(7), efforts=equal)
    names = [step.name for step in both.steps]
    assert names.index("model-1.automated") < names.index("infra-1.manual")


def test_a_step_warns_of_what_it_leans_on_where_the_plan_leaves_that_out() -> None:
    done = held_all(AUTOMATED, infra_6=NONE, infra_1=NONE) | {"infra-4": AUTOMATED}
    dear = plan(NEW, done, Fraction(11, 2), efforts={"infra-6": Effort.SMALL})
    assert [(step.name, step.missing) for step in dear.steps] == [("infra-6.manual", ("infra-1",))]
    credited = held_all(NONE, infra_6=MANUAL, monitor_2=MANUAL, data_1=MANUAL)
    assert [(test.key, missing) for test, missing in unsupported(NEW, credited)] == [("infra-6", ("infra-1",))]


def test_tests_claimed_not_applicable_are_taken_last_whatever_they_cost() -> None:
    done = held_all(AUTOMATED, data_3=NONE, data_6=NONE)
    made = plan(NEW, done, Fraction(11, 2), not_applicable={"data-3"})
    assert [step.test.key for step in made.steps] == ["data-6"]
    assert {step.test.key for step in plan(NEW, done, Fraction(7), not_applicable={"data-3"}).steps} == {
        "data-3",
        "data-6",
    }


def test_a_target_that_is_reached_needs_nothing_and_one_that_is_no_score_is_refused() -> None:
    made = plan(NEW, held_all(MANUAL), Fraction(7, 2))
    assert (made.steps, made.score, made.reaches, made.cost) == ((), Fraction(7, 2), Fraction(7, 2), 0)
    assert plan(PRINCIPLES, {}, Fraction(100)).reaches == 100
    for target in ("-1/2", "7.000001"):
        with pytest.raises(Unreachable):
            plan(NEW, {}, Fraction(target))


def test_the_lowest_category_comes_first() -> None:
    made = plan(NEW, held_all(NONE, data_1=MANUAL), Fraction(1))
    scores = [step.score for step in made.steps]
    assert scores == sorted(scores) and scores[2] == Fraction(1, 2)
