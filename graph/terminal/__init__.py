"""What people see in a terminal, and how a stop is heard there."""
