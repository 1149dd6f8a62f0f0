"""How the image services are spoken to: requests, answers, models, sizes and downloads."""
