"""Recurrent networks: the one-step map and its drives, the recurrence with its adjoint, rollouts."""
