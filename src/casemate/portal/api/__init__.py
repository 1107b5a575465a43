"""The operations under ``/api/v1``, one module a part of the flow."""
