"""What a process that will hold keys does first: leave no memory dump, let nobody attach."""

import os
import sys


def harden() -> None:
    """Files for oneself alone; no core file, not dumpable, no debugger of the same user (Linux).

    Windows keeps its own rules: there a folder's owner decides who reads it.
    """
    os.umask(0o077)
    if sys.platform != "linux":
        return
    import ctypes
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    set_dumpable = 4
    ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)
