"""A record in the form of another register: one table of data a standard, checked by its JSON Schema.

found = export(record, "nl-1.0", known)
found.document, found.gaps, found.language
"""

from casemate.register.exports.export import Export, Gap, export
from casemate.register.exports.schema import schema
from casemate.register.exports.standards import ExportStandard, Target, export_standards

__all__ = ["Export", "ExportStandard", "Gap", "Target", "export", "export_standards", "schema"]
