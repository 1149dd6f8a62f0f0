"""Picture files: decode, check, label and save them."""
