"""Identifiers: short, unguessable, sortable by eye through their prefix."""

import base64
import secrets


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``permit-k3v9q2m7x4ab``: 60 random bits after ``prefix``."""
    return f"{prefix}-{base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12]}"
