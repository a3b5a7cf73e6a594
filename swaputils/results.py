"""What the book stores, and how each piece is read or recomputed: fitted posteriors, mixture tables, trained networks."""
