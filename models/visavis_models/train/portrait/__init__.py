"""Makes portraits: one picture and the head fitted to it become an `.avatar` file."""
