"""Programs of ours that run inside the sandbox, on what was handed in: they import nothing of Casemate
but ``casemate.analysis``, and are not imported here."""
