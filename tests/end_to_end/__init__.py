"""Tests that start the real processes: web, stream, worker, beat, sequencer, servers and agents."""
