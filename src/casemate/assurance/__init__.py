"""Assurance: evaluations of AI systems whose numbers hold; usable alone on any frame and any model.

``statistics`` has the intervals, comparisons and corrections that every evaluation uses; ``tabular``
assesses a model on a table. Nothing here opens a platform.
"""
