"""Text in: corpora, queries and pairs from files, and documents cut into passages."""
