"""Follow-up questions: what was left out is put in from the question before. `followup` is what others call."""
