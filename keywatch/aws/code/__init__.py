"""A service's user and policy as code, for those who keep such things in a repository. Pure; never holds a key."""
