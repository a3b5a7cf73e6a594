"""Lessons, losses, objectives as records, the training loop, checkpoints."""
