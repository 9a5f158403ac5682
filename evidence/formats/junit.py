"""JUnit XML, as many producers write it.

A test case is a check: `classname` + `name`, failed, error or skipped by its children, passed without any. Producers
differ in all else. Rules that are theirs stand beside the code that follows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from evidence.formats import junit_words as words
from evidence.formats import xml_document
from evidence.formats.collecting import Collector
from evidence.formats.report import Report, ReportError, Status
from evidence.formats.values import instant, number_in

NAME = "junit"
TITLE = "JUnit XML"

_TEXT_HEAD = 2000
_TEXT_TAIL = 500


def recognises(body: bytes) -> bool:
    """Whether the root element is one of JUnit's."""
    return xml_document.root_of(body) in words.SUITES


def read(body: bytes) -> Report:
    """The checks of a JUnit report. Raises ReportError when the body is none."""
    visitor, repaired = xml_document.walk(body, _Reader)
    if repaired:
        visitor.collector.warn("The file held control characters that XML forbids; they were left out.")
    return visitor.report()


@dataclass(slots=True)
class _Verdict:
    """A child of a case that says how it went, with as much of its text as a message may need."""

    status: Status
    message: str
    head: str = ""
    tail: str = ""

    def take(self, data: str) -> None:
        if len(self.head) < _TEXT_HEAD:
            self.head += data
        else:
            self.tail = (self.tail + data)[-_TEXT_TAIL:]

    def text(self) -> str:
        """The message, else the line of the text that tells most: the last one of a traceback, the first of others."""
        if self.message.strip() and self.message.strip().lower() not in words.EMPTY_WORDS:
            return self.message
        lines = [line.strip() for line in (self.head + self.tail).splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(words.ANNOUNCEMENTS)]
        if not lines:
            return self.message
        if len(lines) > 1 and words.OWN_NAME.fullmatch(lines[0]):
            return lines[1]
        return lines[-1] if lines[0].startswith("Traceback ") else lines[0]


@dataclass(slots=True)
class _Suite:
    name: str
    observed_at: datetime | None
    key: str | None
    declared: int
    cases: int = 0
    not_passed: int = 0


@dataclass(slots=True)
class _Case:
    name: str
    observed_at: datetime | None
    key: str | None
    asserted: bool
    verdicts: list[_Verdict] = field(default_factory=list)
    flaky: list[_Verdict] = field(default_factory=list)
    warned: list[_Verdict] = field(default_factory=list)
    metrics: dict[str, object] = field(default_factory=dict)
    keyed: bool = False
    other_key: bool = False

    def take_key(self, key: str) -> None:
        """The first key of its own counts, before its suite's."""
        self.other_key |= self.keyed and key != self.key
        self.key = self.key if self.keyed else key
        self.keyed = True


class _Reader:
    """Follows the elements with a stack of suites and the case that is open."""

    def __init__(self) -> None:
        self.collector = Collector(NAME)
        self._rooted = False
        self._suites: list[_Suite] = []
        self._open_cases: list[_Case] = []
        self._of_pytest: dict[str, list[Status]] = {}
        self._verdict: _Verdict | None = None
        self._property: tuple[str, list[str]] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._rooted:
            if name not in words.SUITES:
                raise ReportError(_refusal(name))
            self._rooted = True
        if name in words.SUITES:
            self._suites.append(_opened(attributes, self._suites[-1] if self._suites else None))
        elif name == "testcase":
            self._open_cases.append(self._opened_case(attributes))
        elif name == "property":
            self._property = (attributes.get("name", ""), [attributes["value"]] if "value" in attributes else [])
        elif name in words.CHILDREN:
            self._open_verdict(name, attributes)

    def text(self, data: str) -> None:
        if self._property and len(self._property[1]) < 8:
            self._property[1].append(data[:400])
        elif self._verdict:
            self._verdict.take(data)

    def end(self, name: str) -> None:
        if name == "testcase":
            self._close_case()
        elif name == "property" and self._property:
            self._take_property(self._property[0].strip(), "".join(self._property[1]).strip())
            self._property = None
        elif self._verdict and name in words.CHILDREN:
            self._close_verdict(self._verdict)
        elif name in words.SUITES:
            self._close_suite(self._suites.pop())

    def report(self) -> Report:
        """Names are unique in pytest: plugins that repeat tests leave an attempt that failed as a case without a child."""
        for name, statuses in self._of_pytest.items():
            if len(statuses) > 1 and set(statuses) == {Status.PASSED}:
                self.collector.warn(f"Check '{name}' seems to have passed only when it was repeated.")
        return self.collector.report()

    @property
    def _case(self) -> _Case | None:
        """The innermost case that is open; steps may stand as cases within a case."""
        return self._open_cases[-1] if self._open_cases else None

    def _opened_case(self, attributes: dict[str, str]) -> _Case:
        suite = self._suites[-1]
        case = _Case(
            name=self._full_name(attributes),
            observed_at=instant(attributes.get("timestamp")) or suite.observed_at,
            key=attributes.get("mlscore") or suite.key,
            keyed=bool(attributes.get("mlscore")),
            asserted=attributes.get("assertions", "").strip() != "0",
        )
        for attribute in words.VERDICT_ATTRIBUTES:
            status = words.VERDICT_WORDS.get(attributes.get(attribute, "").strip().lower())
            if status is not None:
                case.verdicts.append(_Verdict(status, ""))
        return case

    def _full_name(self, attributes: dict[str, str]) -> str:
        """The class and the name, joined by a dot; the suites' names stand in for a class that tells nothing."""
        own = attributes.get("name", "").strip()
        class_name = attributes.get("classname", attributes.get("class"))
        if class_name is None or class_name == words.CLASS_OF_ALL:
            suites = [suite.name for suite in self._suites if suite.name not in words.NAMELESS_SUITES]
            return ".".join(part for part in (class_name, *suites[-8:], own) if part)
        if class_name.strip() in ("", own):
            # Without a class, or with jest-junit's, which repeats the whole name.
            return own
        return ".".join(part for part in (class_name.strip(), own) if part)

    def _open_verdict(self, name: str, attributes: dict[str, str]) -> None:
        if self._verdict is not None:
            return
        status = Status.ERROR if name == words.WARNING else words.VERDICTS.get(name, Status.FAILED)
        if attributes.get("message") == words.UNEXPECTED_SUCCESS:
            status = Status.FAILED
        self._verdict = _Verdict(status, attributes.get("message", ""))
        if self._case is not None:
            self._verdicts_like(name, self._case).append(self._verdict)

    @staticmethod
    def _verdicts_like(name: str, case: _Case) -> list[_Verdict]:
        if name == words.WARNING and case.asserted:
            return case.warned
        return case.flaky if name in words.FLAKY else case.verdicts

    def _close_verdict(self, verdict: _Verdict) -> None:
        """A verdict outside any case speaks of the suite: one that failed to load, or to be torn down."""
        self._verdict = None
        if self._case is None and verdict.status != Status.SKIPPED:
            self._suites[-1].not_passed += 1
            self._add_suite(self._suites[-1], verdict.status, verdict.text())

    def _take_property(self, name: str, value: str) -> None:
        if name == "mlscore":
            self._take_key(value)
        elif self._case is not None and name:
            number = number_in(value)
            if number is not None:
                self._case.metrics[name] = number

    def _take_key(self, value: str) -> None:
        """A key on a suite holds for the cases in it; the properties stand before them."""
        if self._case is not None:
            self._case.take_key(value)
        elif self._suites:
            self._suites[-1].key = value

    def _close_case(self) -> None:
        case = self._open_cases.pop()
        worst = min(case.verdicts, key=lambda verdict: verdict.status.rank, default=None)
        self._suites[-1].cases += 1
        self._suites[-1].not_passed += sum(verdict.status != Status.SKIPPED for verdict in case.verdicts)
        status, message = (worst.status, _message(case, worst)) if worst else (Status.PASSED, "")
        if self._suites[-1].name == words.PYTEST:
            self._of_pytest.setdefault(case.name, []).append(status)
        if case.flaky and worst is None:
            message = f"Passed on a repeated attempt; an earlier one did not: {case.flaky[0].text()}"
            self.collector.warn(f"Check '{case.name}' passed only when it was repeated.")
        elif case.warned and worst is None:
            message = f"Passed with a warning: {case.warned[0].text()}"
            self.collector.warn(f"Check '{case.name}' passed with a warning.")
        if case.other_key:
            self.collector.warn(f"Check '{case.name}' carries more than one key; '{case.key}' counts.")
        self.collector.add(
            case.name, status, observed_at=case.observed_at, message=message, metrics=case.metrics, key=case.key
        )

    def _close_suite(self, suite: _Suite) -> None:
        """The cases count, not the declared numbers; but a suite that declares failures and shows none is told."""
        if suite.declared > suite.not_passed:
            shown = f"declares {suite.declared} failures and errors, of which its test cases show {suite.not_passed}"
            self.collector.warn(f"'{suite.name or 'The report'}' {shown}.")
            if not suite.cases and suite.name and not suite.not_passed:
                self._add_suite(suite, Status.ERROR, f"The suite {shown}.")
            suite.not_passed = suite.declared
        if self._suites:
            self._suites[-1].cases += suite.cases
            self._suites[-1].not_passed += suite.not_passed

    def _add_suite(self, suite: _Suite, status: Status, message: str) -> None:
        suite.cases += 1
        name = suite.name or "testsuite"
        self.collector.add(name, status, observed_at=suite.observed_at, message=message, key=suite.key)


def _refusal(root: str) -> str:
    if root in words.OTHER_ROOTS:
        return f"This is not a JUnit report but {words.OTHER_ROOTS[root]}."
    return f"This is not a JUnit report: its root is '{root[:40]}', not 'testsuites'."


def _message(case: _Case, worst: _Verdict) -> str:
    same = (verdict.text() for verdict in case.verdicts if verdict.status == worst.status)
    return next((text for text in same if text), "")


def _opened(attributes: dict[str, str], outer: _Suite | None) -> _Suite:
    """A suite with what it has from the one around it: the time and the key, where it has none of its own."""
    return _Suite(
        name=attributes.get("name", "").strip(),
        observed_at=instant(attributes.get("timestamp")) or (outer.observed_at if outer else None),
        key=attributes.get("mlscore") or (outer.key if outer else None),
        declared=_count(attributes.get("failures")) + _count(attributes.get("errors")),
    )


def _count(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0
