"""Fine-tuning on the trainers and losses of sentence-transformers and transformers."""
