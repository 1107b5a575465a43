"""Model files before anything opens them: what they are, what scanners say, and what they are made of."""

from casemate.assurance.files.bom import bill_of_materials
from casemate.assurance.files.scanning import Scanned, scan

__all__ = ["Scanned", "bill_of_materials", "scan"]
