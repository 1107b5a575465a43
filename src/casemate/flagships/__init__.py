"""Sector flagships: one folder a sector, all of the same shape, on the same spine.

``__init__.py`` declares the sector, ``sources.py`` brings its data, ``algorithms.py`` its programs,
``evaluation.py`` holds their results against published ones, ``page.py`` shows them to people.
"""
