"""The processes of the product: which they are, and a small supervisor that runs them on one machine."""
