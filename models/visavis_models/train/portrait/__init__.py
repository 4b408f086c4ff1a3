"""The head that ours is estimated from, and Alex, who was rendered from it."""
