"""Analysis environments: built from a lock file, content-addressed, mounted read-only."""

from casemate.enclave.environments.room import DEFAULT, Environments, PackageSet

__all__ = ["DEFAULT", "Environments", "PackageSet"]
