"""The portal: the governed flow over HTTP. Thin: each operation is one call of ``platform``."""

from casemate.portal.app import create_app

__all__ = ["create_app"]
