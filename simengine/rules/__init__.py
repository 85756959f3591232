"""What can be told of two texts without a network: quantities, negation, disagreement, in English and Chinese."""
