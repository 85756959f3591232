"""Results of all operations, and their JSON."""
