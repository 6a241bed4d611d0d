"""Files to download."""

from typing import Annotated

from pydantic import Field

from lexloom.settings.base import Settings, matching

Address = Annotated[
    str,
    matching(r"^https?://[!-~]{1,2000}", "an address that starts with https:// or http://, no spaces"),
]
_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*"
Path = Annotated[
    str,
    matching(
        rf"^(?!.{{201}}){_NAME}(/{_NAME})*",
        "a path such as eval/men.txt: at most 200 letters, digits, _, -, . and /, no name begins with - or .",
    ),
]
Sha256 = Annotated[
    str, matching(r"^[0-9a-f]{64}", "a sha256 as 64 hexadecimal digits, what sha256sum prints")
]


class Size(Settings):
    """How large a file to download is."""

    size: int = Field(
        ge=1,
        le=1_000_000_000_000,
        description="its size in bytes, what wc -c prints; nothing beyond it is read",
    )


class DownloadedFile(Size):
    """A file to download, and what it must hold."""

    path: Path = Field(description="where the file is under data/ and under a mirror")
    sha256: Sha256 = Field(description="checksum that the file must have")
