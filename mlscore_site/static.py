"""Static files under hashed names, compressed once."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Whitenoise's storage, which leaves files alone that it compressed on an earlier start.

    A hashed name stands for one content, so what was compressed under it is right for good. Compressing Plotly alone
    takes seconds.
    """

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress those of `paths` that have no compressed form yet."""
        yield from super().compress_files([path for path in paths if not Path(self.path(path) + ".br").exists()])
