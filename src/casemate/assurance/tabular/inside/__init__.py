"""Programs that run inside the sandbox; nothing of the platform imports them."""
