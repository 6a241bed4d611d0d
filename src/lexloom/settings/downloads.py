"""Files to download."""

from pydantic import Field

from lexloom.settings.base import Settings, text

Address = text(r"^https?://[^\s\0]+", "an address that starts with https:// or http://")


class DownloadedFile(Settings):
    """A file to download, and what it must hold."""

    path: text(
        r"^(?!(.*/)?\.\.?(/|(?![\s\S])))[^/\s\0][^\s\0]*",
        "a path within the mirror's folder, without white space",
    ) = Field(description="where the file is under data/ and under a mirror")
    sha256: text(r"^[0-9a-f]{64}", "a sha256 as 64 hexadecimal digits, what sha256sum prints") = Field(
        description="checksum that the file must have"
    )
