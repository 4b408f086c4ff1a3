"""The phone: lines into a LiveKit project, their audit, and calls dialled out."""
