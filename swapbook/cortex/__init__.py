"""What chapter 4 computes of stored networks to hold them beside recordings from cortex."""
