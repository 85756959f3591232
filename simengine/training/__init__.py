"""Fine-tuning with the trainers and losses of sentence-transformers and transformers."""
