"""The embedded default: a real PostgreSQL and a real Valkey, run by the project from pinned packages."""
