"""What a program writes into its locks: a line for people, a line that no other program has, its computer."""

import os
import secrets
import socket
import time
from functools import cache
from pathlib import Path

from lexloom.errors import printable

_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")


def own_signature() -> bytes:
    """Return the two lines of this process."""
    return _signature(os.getpid())


@cache
def this_computer() -> bytes:
    """Return a line that is the same in all processes of this computer until it starts anew."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        return f"{socket.gethostname()}\n".encode()


def in_words(content: bytes) -> str:
    """Return what a lock tells a person."""
    return printable(content.decode(errors="replace").partition("\n")[0]) or "another program"


@cache
def _signature(process: int) -> bytes:
    job = next((f" (job {os.environ[name]})" for name in _JOBS if name in os.environ), "")
    words = f"process {process} on {socket.gethostname()}{job}, since {time.strftime('%Y-%m-%d %H:%M')}"
    return f"{printable(words)}\n{secrets.token_hex(8)}\n".encode()
