"""Measurements of speed and of what fits reach."""
