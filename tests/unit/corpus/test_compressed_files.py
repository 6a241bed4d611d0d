"""A compressed text is the text, however it is cut into parts; a damaged one is refused."""

import gzip
import os
import threading

import pytest

from lexloom.corpus import compressed_files, text_files
from lexloom.corpus.text_files import read_blocks
from lexloom.errors import LexloomError

TEXT = "".join(f"line {number} é 語\n" for number in range(2000))


def zstd_of(content):
    zstd = compressed_files._zstd()
    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})


def two_members(content):
    return gzip.compress(content[:100]) + gzip.compress(content[100:])


@pytest.mark.parametrize("pack", [gzip.compress, two_members, zstd_of])
@pytest.mark.parametrize("block", [7, 1 << 20])
def test_a_compressed_text_is_read_as_the_text(tmp_path, monkeypatch, pack, block):
    monkeypatch.setattr(text_files, "_BLOCK", block)
    path = tmp_path / "text"
    path.write_bytes(pack(TEXT.encode()))
    sizes = []
    assert "".join(read_blocks(path, sizes.append)) == TEXT
    assert sum(sizes) == os.path.getsize(path), "a progress bar reaches its end"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd_of])
def test_a_text_may_come_through_a_pipe(tmp_path, pack):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[pack(TEXT.encode())])
    writer.start()
    assert "".join(read_blocks(pipe)) == TEXT
    writer.join()


@pytest.mark.parametrize("pack", [gzip.compress, zstd_of])
def test_a_damaged_file_is_refused(tmp_path, pack):
    packed = pack(os.urandom(1000).hex().encode())
    damaged = packed[:200] + bytes([packed[200] ^ 255]) + packed[201:]
    for content in (damaged, packed[: len(packed) // 2]):
        (tmp_path / "text").write_bytes(content)
        with pytest.raises(LexloomError, match="text: damaged, as a compressed file"):
            list(read_blocks(tmp_path / "text"))


def test_what_unpacks_a_file_is_named_where_it_is_missing(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(compressed_files, "import_module", missing)
    (tmp_path / "text").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(LexloomError, match=r"pip install 'lexloom\[zstd\]'"):
        list(read_blocks(tmp_path / "text"))
