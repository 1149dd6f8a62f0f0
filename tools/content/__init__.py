"""Reading a content and wording its prompts, without any service."""
