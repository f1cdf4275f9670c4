"""Pages that show every component once; they exist in tests only."""
