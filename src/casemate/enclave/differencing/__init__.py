"""Differencing, across everything ever released."""
