"""Read a content and word its prompts, without any service."""
