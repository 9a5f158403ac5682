"""The compiled reader of postings agrees with the shapes that name every fault, or leaves the body to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Token
from api.resources import results
from api.resources.plain_results import read_plain
from assessments.models import System

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
texts = st.text(max_size=4) | st.sampled_from(["", '":', "\x00", "é", "\U0001f600", "a" * 201, "\\u0000"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([2**63, 2**64, -(2**64)])
odd: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | texts | st.lists(texts, max_size=1) | st.just({})
)
stamps = st.sampled_from(
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01 01:00:00.1234567+01:00",
        "2026-01-01",
        "1999-12-31T23:59:59Z",
        "2026-11-21T12:05:00Z",
        "2026-11-21T12:05:00.000001Z",
    ]
)
ITEM = {
    "system": st.just("fraud-scorer"),
    "test": st.just("data-1"),
    "run_id": st.just("r1"),
    "status": st.sampled_from(["passed", "failed", "error", "skipped", "odd"]),
}
OPTIONAL = {
    "check": st.sampled_from(["c", "", "c" * 300, "c" * 301]),
    "observed_at": stamps,
    "message": texts,
    "url": st.sampled_from(["https://ci.example/1", "ftp://x/", "https://", ""]),
    "branch": texts,
    "metrics": st.dictionaries(texts, numbers | odd, max_size=3),
    "else": texts,
}
items = st.fixed_dictionaries(ITEM, optional=OPTIONAL)
spoilt = st.builds(lambda item, name, value: {**item, name: value}, items, st.sampled_from([*ITEM, *OPTIONAL]), odd)
bodies = items | spoilt | st.builds(lambda each: {"results": each}, st.lists(items | spoilt | odd, max_size=3))


def by_shapes(body: bytes, token: Token, patch: pytest.MonkeyPatch) -> results.Posting:
    with patch.context() as patched:
        patched.setattr(results, "read_plain", lambda *_: None)
        return results.Posting(body, token, NOW)


def agree(body: bytes, token: Token, patch: pytest.MonkeyPatch) -> bool:
    """Whether the compiled reader took the body; then the shapes must read the same and find no fault."""
    plain = read_plain(body, token, NOW)
    if plain is not None:
        posting = by_shapes(body, token, patch)
        assert posting.faults == []
        assert (posting.results, posting.batched) == plain
        for ours, theirs in zip(plain[0], posting.results, strict=True):
            assert repr(ours) == repr(theirs)  # an integer is none that only equals one
    return plain is not None


@settings(max_examples=400, deadline=None)
@given(bodies, st.booleans(), st.sampled_from([None, 1]))
def test_what_the_compiled_reader_takes_the_shapes_take_alike(body: Any, escaped: bool, indent: int | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        agree(json.dumps(body, ensure_ascii=escaped, indent=indent).encode("utf-8", "surrogatepass"), Token(), patch)


PLAIN = '"system":"s","test":"t","run_id":"r","status":"passed"'


@pytest.mark.parametrize(
    "body",
    [
        f'{{{PLAIN},"run_id":"r2"}}',
        f'{{{PLAIN},"run_id" \n: "r"}}',
        f'{{{PLAIN},"metrics":{{"a":1,"a":1}}}}',
        f'{{{PLAIN},"severity":1}}',
        f'{{{PLAIN},"message":null}}',
        f'{{{PLAIN},"message":"\\u0000"}}',
        f'{{{PLAIN},"message":"\\ud800"}}',
        f'{{{PLAIN},"message":"a\tb"}}',
        f'{{{PLAIN},"metrics":{{"a":1e999}}}}',
        f'{{{PLAIN},"metrics":{{"a":NaN}}}}',
        f'{{{PLAIN},"metrics":{{"a":true}}}}',
        f'{{{PLAIN},"metrics":{{"a":01}}}}',
        f"{{{PLAIN}}} x",
        f'{{"results":[{{{PLAIN}}}],"results":[{{{PLAIN}}}]}}',
        f'{{"results":[{{{PLAIN}}}],"system":"s"}}',
        '{"results":[]}',
        '{"test":"t","run_id":"r","status":"passed"}',
        "[]",
        "",
    ],
)
def test_what_is_at_fault_is_left_to_the_shapes(body: str) -> None:
    assert read_plain(body.encode(), Token(), NOW) is None


def test_the_usual_is_taken_and_a_bound_token_names_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    token = Token()
    token.system = System(slug="fraud-scorer")
    metrics = '"metrics":{"psi":0.1,"rows":9007199254740993,"big":1e300,"zero":-0.0,"none":0}'
    one = f'{{"test":"t","run_id":"r","status":"failed","observed_at":"2026-01-01T00:00:00Z",{metrics}}}'
    for body in (one, f' {{ "results" : [ {one}, {{{PLAIN},"url":"https://ci.example/1"}} ] }}\n'):
        assert agree(body.encode(), token, monkeypatch)
