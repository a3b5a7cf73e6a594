"""The figures of the book, one call each."""
