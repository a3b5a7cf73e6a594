"""Noise schedule, noising, targets of several kinds, and the ideal sampler."""
