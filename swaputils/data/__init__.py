"""Trials of people: published data sets, files of one's own, and simulated observers; found, read, checked, downloaded."""
