"""What chapter 1 computes of observers and people, and chapter 4 of planted planes."""
