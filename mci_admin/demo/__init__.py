"""The invented organisation of the demo: who works there, its policy, and some days of history."""
