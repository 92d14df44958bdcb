"""Players with known truth: the course's own recordings."""
