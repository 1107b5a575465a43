"""The register: AI systems and algorithms, what the law says of them, and who answers for them."""
