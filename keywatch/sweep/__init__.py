"""A sweep: flow.py is the page to read. Nothing is loaded here, for ahead.py begins before most of it is."""
