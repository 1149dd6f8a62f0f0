"""The language model: questions, answers and errors."""
