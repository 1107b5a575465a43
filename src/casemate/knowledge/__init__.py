"""Knowledge: documents in versions and languages, passages, retrieval, cited answers; no sector's
words.

``documents`` reads texts into one tree; ``retrieval`` finds passages. Usable alone: no home is opened.
"""
