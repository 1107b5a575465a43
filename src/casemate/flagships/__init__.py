"""Sector flagships: one folder a sector, all of the same shape, on the same spine.

``__init__.py`` declares the sector, ``sources.py`` brings its data, ``algorithms.py`` its programs,
``story.py`` plays its demo, ``evaluation.py`` holds the results against published ones, ``page.py`` shows
them to people. ``casemate flagship new NAME`` makes such a folder.

A house keeps sectors of its own outside this package: the folders that ``CASEMATE_FLAGSHIPS`` names are
looked into too. What lies there is run as part of Casemate, so only the operator sets it.
"""

import os

__path__ += [one for one in os.environ.get("CASEMATE_FLAGSHIPS", "").split(os.pathsep) if one]
