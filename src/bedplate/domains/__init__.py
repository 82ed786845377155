"""The domains: each has models, a repository, and a module an aggregate."""
