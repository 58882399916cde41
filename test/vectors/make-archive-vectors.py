#!/usr/bin/env python3
"""Archives of the ledger in skc1-vectors.json, sound and unsound, from docs/spec/ledger.md alone ("Archive").

Writes archive-vectors.json beside it. Needs Python's standard library only.
"""
import hashlib
import json
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent
VECTORS = json.loads((HERE / "skc1-vectors.json").read_text())
BLOCKS = [bytes.fromhex(block) for block in VECTORS["blocks"]]
CHAIN = BLOCKS[0][8:24]


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(block):
    return sha(b"\0", block[:144], sha(block[144:]))


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha(b"\1", root(leaves[:half]), root(leaves[half:]))


LEAVES = [leaf(block) for block in BLOCKS]


def edge(size):
    """Roots of the complete subtrees over the first blocks, the largest first."""
    roots, at = [], 0
    for bit in reversed(range(48)):
        if size >> bit & 1:
            roots.append(root(LEAVES[at : at + (1 << bit)]))
            at += 1 << bit
    return roots


def deflated(raw):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(raw) + packer.flush()


def piece(raw, packed=None, length=None):
    body = deflated(raw) if packed is None else packed
    return struct.pack(">II", len(raw) if length is None else length, len(body)) + body


def archive(begin, end, **other):
    """An archive of BLOCKS[begin:end]; what is named differs from what the specification says."""
    hashes = other.get("edge", edge(begin))
    bodies = other.get("pieces", [b"".join(BLOCKS[begin:end])])
    text = other.get("magic", b"SKA1") + struct.pack(">H", other.get("version", 1))
    text += other.get("chain", CHAIN) + struct.pack(">QQB", begin, other.get("size", end), len(hashes))
    text += b"".join(hashes)
    text += b"".join(body if other.get("made") else piece(body) for body in bodies)
    text += struct.pack(">I", 0) + other.get("root", root(LEAVES[:end])) + other.get("tail", b"")
    return text + other.get("digest", sha(text))


first, second = BLOCKS[0:2], BLOCKS[2:9]
swapped = b"".join([second[0], second[2], second[1], *second[3:]])
bomb = piece(b"", deflated(bytes(1 << 22)), 100)
sound = {
    "from the first block": archive(0, 2),
    "from a later segment": archive(2, 9),
    "in two pieces": archive(2, 9, pieces=[b"".join(second[:3]), b"".join(second[3:])]),
}
unsound = {
    "MALFORMED": {
        "another magic": archive(0, 2, magic=b"SKB1"),
        "no block": archive(2, 9, size=2),
        "too few hashes of the edge": archive(2, 9, edge=[]),
        "too many hashes of the edge": archive(2, 9, edge=edge(3)),
        "a piece above its limit": archive(0, 2, made=True, pieces=[piece(first[0], length=1 << 21)]),
        "bytes behind the root": archive(0, 2, tail=b"\0"),
        "no end": archive(0, 2)[:30] + sha(archive(0, 2)[:30]),
    },
    "UNSUPPORTED": {"version 2": archive(0, 2, version=2)},
    "DAMAGED": {
        "another closing hash": archive(0, 2, digest=bytes(32)),
        "another root": archive(0, 2, root=bytes(32)),
        "another ledger": archive(0, 2, chain=bytes(16)),
        "another edge": archive(2, 9, edge=[bytes(32)]),
        "a block left out": archive(2, 9, pieces=[b"".join(second[:3] + second[4:])]),
        "the last block left out": archive(2, 9, pieces=[b"".join(second[:-1])]),
        "two blocks in each other's place": archive(2, 9, pieces=[swapped]),
        "a beginning inside a segment": archive(3, 9, edge=edge(3)),
        "a piece that is more than it says": archive(0, 2, made=True, pieces=[bomb]),
        "a piece that is no DEFLATE": archive(0, 2, made=True, pieces=[piece(first[0], b"\xff\xff")]),
        "half a block": archive(0, 2, pieces=[b"".join(first)[:-9]]),
    },
}


def written(cases):
    return [{"name": name, "archive": text.hex()} for name, text in cases.items()]


made = {
    "sound": written(sound),
    "unsound": [
        {"code": f"ARCHIVE_{code}", **case} for code, cases in unsound.items() for case in written(cases)
    ],
}
(HERE / "archive-vectors.json").write_text(json.dumps(made, indent=1) + "\n")
