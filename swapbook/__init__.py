"""This book: what is taught, stored, measured, claimed and shown."""
