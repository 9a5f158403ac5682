"""Uploaded files in a bucket of S3, or of what speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """S3's storage, whose failures are those of any storage: OSError."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with _as_os_error():
            opened: File[bytes] = super()._open(name, mode)
            # Fetched at once, so that what goes wrong does so before an answer has begun.
            opened.seek(0)
            return opened

    def _save(self, name: str, content: File[bytes]) -> str:
        with _as_os_error():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _as_os_error():
            super().delete(name)


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            raise FileNotFoundError("The bucket has no such file.") from error
        raise OSError(f"The bucket refused: {error}") from error
    except BotoCoreError as error:
        raise OSError(f"The bucket refused: {error}") from error
