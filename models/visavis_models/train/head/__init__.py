"""Our compact head, re-estimated from ICT-FaceKit: `python -m visavis_models.train.head.build ../shared/data`."""
