"""Where machine code is kept: beside its sources, or else where this user alone can write.

Who can write to the folder can run code as whoever loads it. Beside the sources that is no more than the
sources allow; any other folder must belong to this user, and be closed to all others.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def cache_folder(beside: Path, chosen: str | None = None) -> Path | None:
    """Return the first of these folders that can be written to, or None.

    Parameters
    ----------
    beside : path
        The folder beside the sources. Where it cannot be written to, what is there already is used from the
        folder that is returned.
    chosen : str, optional
        The folder in which the user asks for one of the same name.
    """
    for folder in (Path(chosen, beside.name) if chosen else beside, beside):
        if _writable(folder):
            return folder
    own = own_folder()
    if own and _linked(beside, own / beside.name) and _writable(own / beside.name):
        return own / beside.name
    return None


def own_folder() -> Path | None:
    """Return a folder of this user for lexloom, which is closed to others, or None if there can be none."""
    return next((folder for folder in _own_folders() if _private(folder) and _writable(folder)), None)


def _own_folders() -> Iterator[Path]:
    """Yield folders in the cache of the user, among temporary files, and in memory.

    In a container that is read-only, as of Docker and Kubernetes, the last is the only one.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache"))
    if cache.is_absolute():  # the home folder may be unknown
        yield cache / "lexloom"
    with suppress(FileNotFoundError):  # no temporary folder
        yield Path(tempfile.gettempdir(), f"lexloom-{os.geteuid()}")
    yield Path(f"/dev/shm/lexloom-{os.geteuid()}")


def _writable(folder: Path) -> bool:
    """Return whether a folder, made if need be, and the folders in it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder, *filter(Path.is_dir, folder.iterdir())):
            tempfile.TemporaryFile(dir=each).close()
    except OSError:
        return False
    return True


def _private(folder: Path) -> bool:
    """Return whether a folder, made if need be, belongs to this user, who alone can write there.

    Nobody can put another folder in its place either: what all can write to above it is sticky, like /tmp.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own, parents = folder.lstat(), [parent.stat() for parent in folder.resolve().parents]
    except OSError:
        return False
    return (
        stat.S_ISDIR(own.st_mode)
        and own.st_uid == os.geteuid()
        and not own.st_mode & 0o022
        and not any(each.st_mode & stat.S_IWOTH and not each.st_mode & stat.S_ISVTX for each in parents)
    )


def _linked(beside: Path, folder: Path) -> bool:
    """Make a folder of links to the files in the folders of another; return whether it is there.

    It appears at once with all its links: an index among half of its files would name the wrong ones.
    """
    if folder.exists():
        return True
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
            for path in beside.glob("*/*.nb?"):
                link = Path(made) / path.relative_to(beside)
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(path)
            os.rename(made, folder)
    except OSError:
        return folder.exists()  # another program was faster
    return True
