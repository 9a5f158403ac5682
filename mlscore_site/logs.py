"""Logs: one JSON object a line on standard error, each with the id of the request that it belongs to."""

import logging.config
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


class Line(str):
    """A message that is its line already."""

    __slots__ = ()


class Lines(structlog.stdlib.ProcessorFormatter):
    """Makes a line of JSON of every record, and takes a `Line` as it is."""

    def format(self, record: logging.LogRecord) -> str:
        return record.msg if record.msg.__class__ is Line else super().format(record)


def tell(name: str, event: str, **values: Any) -> None:
    """Log an event at INFO as structlog would: what each request does, and what its machinery would take long for.

    `values` are what JSON has words for.
    """
    logger = _logger(name)
    if logger.isEnabledFor(logging.INFO):
        line = _encode(
            {**values, "event": event, "level": "info", "logger": name, "timestamp": datetime.now(UTC)}
        ).decode()
        logger.handle(logging.LogRecord(name, logging.INFO, "", 0, Line(line), (), None))


_encode = msgspec.json.Encoder().encode
_logger = lru_cache(logging.getLogger)


def logging_config(level: str) -> dict[str, Any]:
    """The dictionary for `logging.config.dictConfig`: structlog's and everyone else's messages from `level` up."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": Lines,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        # RequestLog writes one line for each request; these would repeat it.
        "loggers": {"django.request": {"level": "CRITICAL"}, "django.server": {"level": "WARNING"}},
    }


def configure(config: dict[str, Any]) -> None:
    """Set up the standard library's logging by `config`, and structlog on top of it."""
    # No line says which thread or process it is of, so that no record has to find out.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
