"""The main job as people do it in their browsers, act by act, on an instance of its own."""
