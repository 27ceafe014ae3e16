"""Homes as the command line finds them."""

from tests.commandline import door, file_door, first_door, server_door

__all__ = ["door", "file_door", "first_door", "server_door"]
