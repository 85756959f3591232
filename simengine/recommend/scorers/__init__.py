"""What can score an item for a user: contract first, one file per scorer."""
