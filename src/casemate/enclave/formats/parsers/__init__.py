"""Parsers of hostile bytes: each file runs alone inside a sandbox of its own, never on our side.

A parser imports nothing of Casemate and no other parser, because each is handed to the sandbox as a
file. It has ``facts(data)``, which gives a small JSON document; a parser of models also has
``arrays(data)``. It raises ``ValueError`` for what it does not accept, in words that quote no content.
"""
