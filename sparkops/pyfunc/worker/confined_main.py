"""Main program that gives up rights of its process, and then becomes the program that loads a model's code.

It runs before any code of the model or of its packages, by the interpreter of sparkops in isolated mode, and imports
the standard library only. What it does is no sandbox: the code still runs as the user, and may read and write the
user's files.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_NO_NEW_PRIVS = 38
_CANNOT_START = 126
LIMITS = {
    "memory": "RLIMIT_DATA",
    "cpu": "RLIMIT_CPU",
    "files": "RLIMIT_NOFILE",
    "file_size": "RLIMIT_FSIZE",
    "core": "RLIMIT_CORE",
}
"""The constant of the module `resource`, by the name of a limit."""


def main(arguments: Sequence[str]) -> int:
    """Give up rights, and replace this process by a program.

    Args:
        arguments: `{"limits": {"memory": BYTES, ...}, "reads": [PATH, ...]}` as JSON, then the program and its
            arguments.
    """
    options, command = json.loads(arguments[0]), list(arguments[1:])
    os.umask(0o077)
    if sys.platform == "linux":
        if can_isolate([command[0], *options["reads"]]):
            enter_user_namespace()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    set_limits(options["limits"])
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]} can't be run: {error.strerror}\n")
    return _CANNOT_START


def can_isolate(reads: Sequence[str]) -> bool:
    """Return whether a process may have a user namespace of its own here, and can read some files and folders in it.

    A child tries it, because a process cannot leave a namespace that it cannot use.
    """
    child = os.fork()
    if not child:
        status = 1
        try:
            enter_user_namespace()
            status = 0 if all(map(_is_readable, reads)) else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def enter_user_namespace() -> None:
    """Enter a user namespace with the same user and group.

    From it, Linux lets a process read neither the environment nor the memory of processes outside, although they have
    its user.

    Raises:
        OSError: The kernel does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text, "ascii")


def set_limits(limits: Mapping[str, int]) -> None:
    """Set limits of this process and those that it starts; a lower one that it has already stays."""
    for name, value in limits.items():
        kind = getattr(resource, LIMITS[name])
        _, hard = resource.getrlimit(kind)
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (limit, limit))


def _is_readable(path: str) -> bool:
    """Return whether a file, or a folder with all that it contains, can be read."""
    if not os.access(path, os.R_OK):
        return False
    return all(
        os.access(Path(folder, name), os.R_OK)
        for folder, folders, files in os.walk(path)
        for name in (*folders, *files)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
