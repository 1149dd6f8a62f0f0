"""The language model: questions, answers, and what goes wrong with them."""
