"""Our own faces: people who never were, made from the parametric head and rendered by a path tracer."""
