"""Policies for a service's own key: documented templates of what it may do, each as narrow as AWS lets it be. Pure."""
