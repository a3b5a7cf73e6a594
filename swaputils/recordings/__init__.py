"""Recorded activity of two remembered colours: read from a user's file, checked, measured and reported."""
