"""The functions of Peitu's predecessor, with its signatures; programs import them from the two providers' modules."""
