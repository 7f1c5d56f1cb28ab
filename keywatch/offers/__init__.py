"""Offers: each credential that was found is offered once to be moved, and what came of it is remembered."""
