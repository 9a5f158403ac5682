"""Walks the XML of a report with expat, as a stream: no tree in memory, no entity, no file or address is ever opened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, TypeVar
from xml.parsers import expat

from evidence.formats.report import ReportError

MAX_DEPTH = 200

_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# What expat does not read itself: encodings of several bytes a character.
_WIDE_ENCODINGS = (
    *("gbk", "gb2312", "gb18030", "cp936", "big5", "big5-hkscs", "cp950"),
    *("shift_jis", "shift-jis", "sjis", "windows-31j", "cp932", "euc-jp", "euc-kr", "ks_c_5601-1987", "cp949"),
)
_UTF16 = ("utf-16", "utf16", "utf-16le", "utf-16be", "ucs-2", "unicode")
_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
# Characters that XML 1.0 forbids and real producers write nevertheless: Node's reporter even NUL.
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
_FORBIDDEN_REFERENCE = re.compile(rb"&#(?:0*(?:[0-8]|1[1-24-9]|2[0-9]|3[01])|x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));")
_MOST_REFERENCES = 100_000
# Terminal colours go as a whole, not their escape character alone.
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,20}[A-Za-z]")
# An element with so much in its attributes is no report's, and costs time and memory before it can be seen.
_HUGE_TAG = re.compile(rb"<[^!?<>][^<>]{1000000}")
_CURABLE = (expat.errors.XML_ERROR_INVALID_TOKEN, expat.errors.XML_ERROR_BAD_CHAR_REF)


class Visitor(Protocol):
    """What is told of each element; names come without namespace or prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


V = TypeVar("V", bound=Visitor)


class _Found(Exception):
    """Ends a walk at the first element."""

    def __init__(self, name: str) -> None:
        self.name = name


def looks_like_xml(body: bytes) -> bool:
    """Whether the body's first character is that of an XML document, in any encoding that reports come in."""
    return body.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:1] == b"<"


def root_of(body: bytes) -> str | None:
    """The root element's name without its prefix, None where the body does not begin as XML."""
    try:
        _parse(_prepared(body), _RootOnly())
    except _Found as found:
        return found.name
    except ReportError:
        return None
    return None


def walk(body: bytes, new_visitor: Callable[[], V]) -> tuple[V, bool]:
    """Tell a visitor every element of the body, in order; answers the visitor, and whether the body was repaired.

    Where the body holds characters that XML forbids, it is read once more without them, by another new visitor.
    Raises ReportError when the body is empty, cut off, not well-formed, declares entities or is nested beyond reason.
    """
    content, encoding = _prepared(body)
    visitor = new_visitor()
    try:
        _parse((content, encoding), visitor)
    except _Curable:
        plain = _COLOUR.sub(b"", content).translate(None, _FORBIDDEN)
        cured = _FORBIDDEN_REFERENCE.sub(b"", plain, count=_MOST_REFERENCES)
        if cured == content or _is_utf16(content):
            raise
        visitor = new_visitor()
        _parse((cured, encoding), visitor)
        return visitor, True
    return visitor, False


class _Curable(ReportError):
    """The document may be well-formed without the characters that XML forbids."""


class _RootOnly:
    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise _Found(name)

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def _prepared(body: bytes) -> tuple[bytes, str | None]:
    """The body as expat reads it, and the encoding where the declaration is wrong or beyond expat."""
    content = body.lstrip(b" \t\r\n")
    if not content:
        raise ReportError("The body is empty.")
    if _HUGE_TAG.search(content):
        raise ReportError("The XML holds a tag of more than a million characters.")
    if _is_utf16(content):
        return content, None
    match = _DECLARED_ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
    declared = match[1].decode("ascii").lower() if match else ""
    if declared in _UTF16:
        # Written from a UTF-16 string into a UTF-8 file, as .NET's writers do.
        return content, "utf-8"
    if declared in _WIDE_ENCODINGS:
        try:
            return content.decode(declared).encode("utf-8"), "utf-8"
        except (UnicodeError, LookupError) as error:
            raise ReportError(f"The XML is not in the encoding {declared} that it declares.") from error
    return content, None


def _is_utf16(content: bytes) -> bool:
    return content[:2] in _MARKS_OF_UTF16


def _parse(prepared: tuple[bytes, str | None], visitor: Visitor) -> None:
    content, encoding = prepared
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ReportError(f"The XML is nested beyond {MAX_DEPTH} elements.")
        visitor.start(_local(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        visitor.end(_local(name))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = visitor.text
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        kind = _Curable if expat.ErrorString(error.code) in _CURABLE else ReportError
        raise kind(f"This is not whole, well-formed XML: {_reason(error)} in line {error.lineno}.") from error
    except (ValueError, LookupError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError("The XML is in an encoding that can't be read.") from error


def _reason(error: expat.ExpatError) -> str:
    reason = expat.ErrorString(error.code) or "unknown fault"
    return "it ends too early" if reason in _CUT_OFF else reason


_CUT_OFF = (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)


def _refuse_entity(name: str, *_: object) -> None:
    raise ReportError(f"The XML declares an entity ('{name[:40]}'); reports with entities are refused.")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
