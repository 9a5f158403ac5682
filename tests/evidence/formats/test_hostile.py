"""Broken and hostile bodies are refused, soon, and nothing but ReportError comes out of any body."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import formats
from evidence.formats.collecting import MAX_CHECKS
from tests.evidence.formats.samples import REAL, REPORTS, body

HOSTILE = sorted(path.relative_to(REPORTS).as_posix() for path in (REPORTS / "hostile").iterdir())
SMALL = [name for name in REAL if (REPORTS / name).stat().st_size < 20_000]
_CASE = b'<testcase name="a"/>'


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format_name", ["auto", *formats.FORMATS])
def test_hostile_samples_are_refused(name: str, format_name: str) -> None:
    with pytest.raises(formats.ReportError):
        formats.read(format_name, body(name))


BROKEN = {
    "empty": b"",
    "blank": b" \r\n\t",
    "nothing but a mark": b"\xef\xbb\xbf",
    "binary": bytes(range(256)),
    "text": b"all tests passed",
    "deep XML": b"<testsuite>" * 300_000,
    "deep JSON": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"results":' * 100_000,
    "endless containers": b'{"results":{"tests":[' + b"{}," * 600_000 + b"{}]}}",
    "endless checks": b"<testsuite>" + b'<testcase name="a"/>' * (MAX_CHECKS + 1) + b"</testsuite>",
    "nameless checks without end": b"<testsuite>" + b"<testcase/>" * (MAX_CHECKS + 1) + b"</testsuite>",
    "a tag of megabytes": b'<testsuite name="' + b"a" * 2_000_000 + b'">' + _CASE + b"</testsuite>",
    "wrong encoding": '<?xml version="1.0" encoding="utf-8"?><testsuite name="é"/>'.encode("latin-1"),
    "unknown encoding": b'<?xml version="1.0" encoding="x-nothing"?><testsuite/>',
    "wrong wide encoding": b'<?xml version="1.0" encoding="gbk"?><testsuite name="\xff\xff"/>',
    "JSON in no Unicode": b'{"results": "\xff\xfe\xfa"}',
    "two documents": b"<testsuite/><testsuite/>",
    "a parameter entity": b'<!DOCTYPE t [<!ENTITY % x SYSTEM "http://localhost/">%x;]><testsuite/>',
    "an undefined entity": b'<testsuite name="&nothing;"/>',
    "NUnit": b"<test-run><test-case name='a'/></test-run>",
    "a member named twice": b'{"results":{"tests":[{"name":"a","status":"failed","status":"passed"}]}}',
    "a list": b"[]",
    "a number": b"1e999",
    "a bare object": b"{}",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_bodies_are_refused_in_bounded_time_and_memory(content: bytes) -> None:
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(formats.ReportError, match=r".{10}"):
            formats.read("auto", content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 20
    assert peak < 100_000_000


@pytest.mark.parametrize("format_name", [formats.AUTO, "junit", "dbt"])
def test_a_packed_report_is_named_as_that(format_name: str) -> None:
    with pytest.raises(formats.ReportError, match=r"compressed \(gzip\)"):
        formats.read(format_name, gzip.compress(b"<testsuite/>"))


def test_huge_numbers_are_dropped_and_the_rest_is_read() -> None:
    test = '{"name": "a", "status": "passed", "stop": %s}' % ("9" * 100_000)
    (check,) = formats.read("ctrf", f'{{"results": {{"tests": [{test}]}}}}'.encode()).checks
    assert (check.status, check.observed_at) == ("passed", None)


@pytest.mark.parametrize("format_name", formats.FORMATS)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(format_name: str, content: bytes) -> None:
    _read_or_refused(format_name, content)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_mutated_samples_are_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(body(data.draw(st.sampled_from(SMALL))))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 40)))
        content[start:end] = data.draw(
            st.one_of(
                st.binary(max_size=6), st.sampled_from([b"null", b"[]", b"{}", b"-1", b'"', b"NaN", b"1e999", b"<"])
            )
        )
    _read_or_refused("auto", bytes(content))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), odd=_JSON)
def test_any_value_may_be_of_another_type(data: st.DataObject, odd: object) -> None:
    """Samples with one value, anywhere, replaced by another: a reader that trusts a type would stumble."""
    name = data.draw(st.sampled_from([name for name in SMALL if name.endswith(".json")]))
    document = json.loads(body(name))
    place = document
    while True:
        steps = list(place) if isinstance(place, dict) else list(range(len(place)))
        step = data.draw(st.sampled_from(steps))
        if not isinstance(place[step], dict | list) or not place[step] or data.draw(st.integers(0, 3)) == 0:
            place[step] = odd
            break
        place = place[step]
    _read_or_refused("auto", json.dumps(document).encode())


def _read_or_refused(format_name: str, content: bytes) -> None:
    try:
        report = formats.read(format_name, content)
    except formats.ReportError as error:
        assert str(error)
        return
    for check in report.checks:
        check.name.encode()
        check.message.encode()
        assert "\x00" not in check.name + check.message
        assert len(check.metrics) <= 50
