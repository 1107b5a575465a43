"""Language models: tried by suites, in place. A local file in this process, or an endpoint.

``models`` says what a model is; ``packaged`` which ones install as packages; ``local`` and ``endpoint`` ask
them. Nothing here opens a platform, and nothing is downloaded.
"""
