"""JUnit XML in the shapes of many producers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evidence.formats import ReportedCheck, fold, junit

AT = datetime(2026, 11, 21, 1, 24, 35, tzinfo=UTC)


def read(text: str | bytes) -> dict[str, ReportedCheck]:
    report = junit.read(text if isinstance(text, bytes) else text.encode())
    return {check.name: check for check in fold(report.checks)}


def only(text: str | bytes) -> ReportedCheck:
    (check,) = read(text).values()
    return check


VERDICTS = [
    ("", "passed", ""),
    ("<system-out>failure</system-out>", "passed", ""),
    ('<failure message="m">text</failure>', "failed", "m"),
    ("<failure>first line\nsecond</failure>", "failed", "first line"),
    ("<error>Traceback (most recent call last):\n  File\nValueError: no</error>", "error", "ValueError: no"),
    ("<failure/>", "failed", ""),
    ('<error message="e"/><failure message="f"/><failure message="g"/>', "failed", "f"),
    ('<skipped message="s"/><failure message="boom"/>', "failed", "boom"),
    ("<skipped/>", "skipped", ""),
    ("<skip>no GPU</skip>", "skipped", "no GPU"),
    ('<failure message="a"/><rerunFailure message="b"/>', "failed", "a"),
    ('<rerunError message="b"/>', "error", "b"),
    ('<flakyFailure message="b"/>', "passed", "Passed on a repeated attempt; an earlier one did not: b"),
    ('<error message="None">Failing step: Given x</error>', "error", "Failing step: Given x"),
    ('<failure message="test failure"/>', "failed", "test failure"),
    ('<skipped message="test passes unexpectedly"/>', "failed", "test passes unexpectedly"),
    ("<failure><![CDATA[a < b && c]]></failure>", "failed", "a < b && c"),
    ("<failure>App\\T::testD with data set #0 (1)\nIt is 2.</failure>", "failed", "It is 2."),
    ('<error message="\x1b[31mred\x1b[0m &#x1b;"/>', "error", "red"),
    ('<failure message="m"/><testcase name="step"/>', "failed", "m"),
    ('<testcase name="step"/><failure message="m"/>', "failed", "m"),
]


@pytest.mark.parametrize(("children", "status", "message"), VERDICTS)
def test_the_children_say_how_a_case_ended(children: str, status: str, message: str) -> None:
    check = read(f'<testsuite><testcase classname="c" name="n">{children}</testcase></testsuite>')["c.n"]
    assert (check.name, check.status, check.message) == ("c.n", status, message)


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ('status="run" result="completed"', "passed"),
        ('status="notrun" result="suppressed"', "skipped"),
        ('status="fail"', "failed"),
        ('status="Error"', "error"),
        ('status="broken"', "error"),
        ('result="Inconclusive"', "skipped"),
        ('time="1,234.5" assertions="x"', "passed"),
    ],
)
def test_producers_that_use_attributes(attributes: str, status: str) -> None:
    assert only(f'<testsuite><testcase name="n" {attributes}/></testsuite>').status == status


NAMES = [
    ('<testsuite name="s"><testcase classname="c" name="n"/></testsuite>', "c.n"),
    ('<testsuite name="pytest"><testcase classname="" name="n"/></testsuite>', "n"),
    ('<testsuite name="s"><testsuite name="t"><testcase name="n"/></testsuite></testsuite>', "s.t.n"),
    ('<testsuite name="s"><testcase classname="c"/></testsuite>', "c"),
    ('<testsuite name="s"><testcase classname="a b" name="a b"/></testsuite>', "a b"),
    (
        '<j:testsuites xmlns:j="urn:j"><j:testsuite><j:testcase classname="c" name="n"/></j:testsuite></j:testsuites>',
        "c.n",
    ),
    ('<testsuites xmlns="urn:j"><testsuite><testcase classname="c" name="n"/></testsuite></testsuites>', "c.n"),
    ('<testsuites><testcase classname="c" name="n"/></testsuites>', "c.n"),
]


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_the_full_name(text: str, name: str) -> None:
    assert only(text).name == name


def test_long_names_are_cut_and_stay_different() -> None:
    cases = "".join(f'<testcase name="{"x" * 400}{end}"/>' for end in "ab")
    assert sorted(map(len, read(f"<testsuite>{cases}</testsuite>"))) == [300, 300]


TIMES = [
    ("2026-11-21T01:24:35Z", AT),
    ("2026-11-21T02:24:35+01:00", AT),
    ("2026-11-21T02:24:35+0100", AT),
    ("2026-11-21T01:24:35", None),
    ("0001-01-01T00:00:00Z", None),
    ("0001-01-01T00:00:00+05:00", None),
    ("1999-12-31T23:59:59Z", None),
    ("yesterday", None),
    ("", None),
]


@pytest.mark.parametrize(("timestamp", "at"), TIMES)
def test_only_an_instant_with_an_offset_counts(timestamp: str, at: datetime | None) -> None:
    outer = f'<testsuites><testsuite timestamp="{timestamp}"><testcase name="n"/></testsuite></testsuites>'
    assert only(outer).observed_at == at


def test_a_key_on_a_suite_holds_for_its_cases_and_no_others() -> None:
    checks = read(
        '<testsuites><testsuite name="a"><properties><property name="mlscore" value="data-1"/></properties>'
        '<testcase classname="a" name="x"/><testcase classname="a" name="y"><properties>'
        '<property name="mlscore">model-6</property></properties></testcase></testsuite>'
        '<testsuite name="b"><testcase classname="b" name="z"/></testsuite></testsuites>'
    )
    assert {name: check.key for name, check in checks.items()} == {"a.x": "data-1", "a.y": "model-6", "b.z": None}


def test_of_two_keys_of_one_case_the_first_counts_and_the_sender_is_told() -> None:
    keys = "".join(f'<property name="mlscore" value="{key}"/>' for key in ("data-1", "data-2"))
    report = junit.read(
        f'<testsuite><testcase name="n"><properties>{keys}</properties></testcase></testsuite>'.encode()
    )
    assert report.checks[0].key == "data-1"
    assert report.warnings == ("Check 'n' carries more than one key; 'data-1' counts.",)


def test_a_key_on_the_root_holds_for_all() -> None:
    root = '<testsuites><properties><property name="mlscore" value="data-1"/></properties>'
    assert only(f'{root}<testsuite><testcase name="n"/></testsuite></testsuites>').key == "data-1"


def test_a_suite_that_failed_to_load_is_no_green() -> None:
    broken = '<testsuite name="pkg/broken" tests="0" errors="1"/>'
    text = f'<testsuites errors="1"><testsuite name="s"><testcase name="n"/></testsuite>{broken}</testsuites>'
    checks = read(text)
    assert {name: str(check.status) for name, check in checks.items()} == {"s.n": "passed", "pkg/broken": "error"}
    outside = read('<testsuite name="s"><error message="no such file"/></testsuite>')
    assert (outside["s"].status, outside["s"].message) == ("error", "no such file")


def test_declared_failures_that_no_case_shows_are_told() -> None:
    report = junit.read(b'<testsuite name="s" failures="2"><testcase name="n"/></testsuite>')
    assert "declares 2 failures" in report.warnings[0]


@pytest.mark.parametrize("text", ["<testsuites/>", '<testsuite name="s" tests="0"/>'])
def test_empty_suites_hold_no_check(text: str) -> None:
    report = junit.read(text.encode())
    assert report.checks == ()
    assert "no check" in report.warnings[0]


_ACCENTED = '<?xml version="1.0" encoding="{}"?><testsuite><testcase classname="é" name="漢"/></testsuite>'
_LATIN = '<?xml version="1.0" encoding="{}"?><testsuite><testcase classname="é" name="n"/></testsuite>'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (_ACCENTED.format("utf-8").encode(), "é.漢"),
        (_ACCENTED.format("utf-8").encode("utf-8-sig"), "é.漢"),
        (_ACCENTED.format("utf-16").encode("utf-16"), "é.漢"),
        (_ACCENTED.format("utf-16").encode(), "é.漢"),
        (_ACCENTED.format("gb18030").encode("gb18030"), "é.漢"),
        (_LATIN.format("ISO-8859-1").encode("latin-1"), "é.n"),
        (_LATIN.format("windows-1252").encode("cp1252"), "é.n"),
        (b"\n  " + _ACCENTED.format("utf-8").encode(), "é.漢"),
        (b"<testsuite><testcase classname='c' name='a\x1b[31mb\x00&#x1b;'/></testsuite>", "c.ab"),
    ],
)
def test_encodings(content: bytes, name: str) -> None:
    assert only(content).name == name
