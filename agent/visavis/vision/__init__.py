"""Pictures of people: the models that see them, reading a picture file, and making a portrait of one."""
