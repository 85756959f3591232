"""The writing side: documents in, committed passages, vectors and derived indexes out."""
