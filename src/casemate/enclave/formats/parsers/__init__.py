"""Parsers of hostile bytes: each file runs alone inside a sandbox of its own, never on our side.

A parser imports nothing of Casemate, because it is handed to the sandbox as a file, with those beside it
that it needs. It has ``facts(data)``, which gives a small JSON document; a parser of models also has
``arrays(data)`` and ``model(data)``, which a carrier (``onnx_operators``, ``layers``) carries out. It
raises ``ValueError`` for what it does not accept, in words that quote no content.
"""
