"""Where swaps come from: when a trial is settled, and what noise and pushes do to it."""
