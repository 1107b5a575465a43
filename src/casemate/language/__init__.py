"""What every room that asks a language model needs: addresses, keys, model files and their runtime.

``assurance.language`` tries models on what it builds from these; ``knowledge.models`` lets one write.
"""
