"""Requests and responses of the HTTP service, one file for each route."""
