"""Retrieval: an index of passages by words and by meaning, and a learned ranker over both."""

from casemate.knowledge.retrieval.index import Hit, KnowledgeIndex

__all__ = ["Hit", "KnowledgeIndex"]
