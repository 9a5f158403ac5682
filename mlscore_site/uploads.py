"""Where uploaded files lie, as the environment says it: under DATA_DIR, or in a bucket."""

from __future__ import annotations

from typing import Any

import environ

env = environ.Env()


def storage() -> dict[str, Any]:
    """The storage of uploaded files, in the form of STORAGES."""
    # The bucket that holds uploaded files; without one they lie under DATA_DIR.
    name = env.str("UPLOADS_S3_BUCKET", default="")
    if name:
        return {"BACKEND": "mlscore_site.bucket.Bucket", "OPTIONS": _bucket(name)}
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o640},
    }


def _bucket(name: str) -> dict[str, Any]:
    # Loaded where it is asked for alone: it is large.
    from botocore.config import Config

    # The address of a service other than AWS.
    endpoint = env.str("UPLOADS_S3_ENDPOINT", default="")
    return {
        "bucket_name": name,
        "endpoint_url": endpoint or None,
        # What the names of all files begin with.
        "location": env.str("UPLOADS_S3_PREFIX", default=""),
        "region_name": env.str("UPLOADS_S3_REGION", default="") or None,
        # Without these boto3 finds the machine's own: a role, or AWS's variables.
        "access_key": env.str("UPLOADS_S3_ACCESS_KEY", default="") or None,
        "secret_key": env.str("UPLOADS_S3_SECRET_KEY", default="") or None,
        "default_acl": None,
        # From this many bytes on a file that is read lies on the disk, not in memory.
        "max_memory_size": 1024 * 1024,
        "client_config": Config(
            signature_version="s3v4",
            # Services other than AWS seldom give a bucket a host name of its own, or know AWS's newer checksums.
            s3={"addressing_style": "path" if endpoint else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    }
