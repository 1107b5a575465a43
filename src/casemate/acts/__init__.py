"""What ``Platform`` does beside the main flow, a module a subject: each is a part of its class.

The flow of data from file to release is in ``platform.py``. The acts here are like those there: each asks
the policies, calls the room that does the work, and is one transaction with its entry on the ledger.
"""
