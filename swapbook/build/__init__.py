"""Executing chapters, building pages, training the collection."""
