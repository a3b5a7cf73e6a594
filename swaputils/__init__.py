"""Recurrent networks trained on the distribution of human responses, swap errors included."""
