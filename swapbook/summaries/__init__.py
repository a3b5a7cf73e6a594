"""What the chapters read off the stored networks: numbers of the text, tables, and what the figures draw."""
