"""What every part of the package knows about text: what may be read as text, how spellings fold, what a word is."""
