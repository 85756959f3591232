"""Cross-encoders over candidates: relevance, stance, blends."""
