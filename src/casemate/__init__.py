"""Casemate: the software of a country's data and AI ecosystem."""
