"""What the clients of the image services share: requests, errors, models, sizes and downloads."""
