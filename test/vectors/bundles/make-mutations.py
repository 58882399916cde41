#!/usr/bin/python3
"""Changes the bundles in real/ in every way that has a verdict, and writes index.json: each vector with its verdict.

    python3 test/vectors/bundles/make-mutations.py

The closing hash fits unless the vector is about it: anybody can mend that. Needs no library.
"""
import hashlib
import json
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).resolve().parent
REAL, OUT = HERE / "real", HERE / "mutated"
CT = 144  # where the ciphertext of a block without extension begins


class Parts:
    """A bundle taken apart, to be put together otherwise."""

    def __init__(self, raw):
        self.magic, self.version = raw[:4], 1
        self.chain, self.start, self.size, rows = struct.unpack(">16sQQI", raw[6:42])
        at = 42 + 108 * rows
        self.rows = [raw[i : i + 108] for i in range(42, at, 108)]
        (count,), at = struct.unpack(">I", raw[at : at + 4]), at + 4
        self.blocks = []
        for _ in range(count):
            ext, ct = struct.unpack(">II", raw[at + 136 : at + 144])
            end = at + 144 + ext + ct + (64 if ext else 32)
            self.blocks.append(raw[at:end])
            at = end
        (length,) = struct.unpack(">I", raw[at : at + 4])
        self.head, at = raw[at + 4 : at + 4 + length], at + 4 + length
        self.root, self.tip, self.behind = raw[at : at + 32], raw[at + 32 : at + 64], b""
        self.n_rows = self.n_blocks = self.n_head = None

    def join(self):
        """The file; the counts are those of the parts unless they are set to lie."""
        counts = [len(part) if lie is None else lie for part, lie in
                  ((self.rows, self.n_rows), (self.blocks, self.n_blocks), (self.head, self.n_head))]
        raw = self.magic + struct.pack(">H16sQQI", self.version, self.chain, self.start, self.size, counts[0])
        raw += b"".join(self.rows) + struct.pack(">I", counts[1]) + b"".join(self.blocks)
        raw += struct.pack(">I", counts[2]) + self.head + self.root + self.tip + self.behind
        return raw + hashlib.sha256(raw).digest()


def flip(raw, at, bit=1):
    return raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]


def put(raw, at, layout, value):
    field = struct.pack(layout, value)
    return raw[:at] + field + raw[at + len(field) :]


def leaf(block):
    return hashlib.sha256(b"\0" + block[:144] + hashlib.sha256(block[144:]).digest()).digest()


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


MUTATIONS = []


def mutation(of, verdict, **given):
    """Registers a function that changes the parts of a real bundle, or returns the bytes of a file."""

    def register(change):
        MUTATIONS.append((change.__name__.replace("_", "-"), change.__doc__, of, verdict, given, change))
        return change

    return register


# --- the file


@mutation("first", "TRANSPORT_DAMAGED")
def bit_flipped_on_the_way(b):
    """one bit of a payload is wrong, and the closing hash says so"""
    return flip(b.join(), 900)


@mutation("first", "TRANSPORT_DAMAGED")
def cut_by_a_byte(b):
    """the last byte is missing"""
    return b.join()[:-1]


@mutation("first", "TRANSPORT_DAMAGED")
def cut_after_eight_bytes(b):
    """almost everything is missing"""
    return b.join()[:8]


@mutation("first", "MALFORMED")
def empty(b):
    """nothing"""
    return b""


@mutation("first", "MALFORMED")
def another_magic(b):
    """it does not begin as a bundle"""
    b.magic = b"SKX9"


@mutation("first", "UNSUPPORTED")
def version_two(b):
    """a later version of the format"""
    b.version = 2


@mutation("first", "DOWNGRADE")
def version_zero(b):
    """an earlier version of the format"""
    b.version = 0


@mutation("first", "MALFORMED")
def bytes_behind_the_tip(b):
    """something between tip and closing hash"""
    b.behind = b"\0"


@mutation("first", "LIMIT_EXCEEDED")
def two_million_blocks(b):
    """more blocks are promised than a bundle may hold"""
    b.size = b.n_blocks = 2_000_001


@mutation("first", "LIMIT_EXCEEDED")
def one_block_more_than_promised(b):
    """a block stands where the head should: its magic is no length"""
    b.n_blocks = 3


@mutation("first", "LIMIT_EXCEEDED")
def head_too_long(b):
    """a checkpoint note of 4097 bytes"""
    b.head = b.head + b"x" * (4097 - len(b.head))


@mutation("first", "MALFORMED")
def more_blocks_than_the_ledger_has(b):
    """four blocks in a ledger of three"""
    b.size = 3


@mutation("first", "MALFORMED")
def begins_behind_its_end(b):
    """from block 9 of a ledger of 4"""
    b.start = 9


@mutation("first", "LIMIT_EXCEEDED")
def a_size_of_2_to_the_48(b):
    """an index that no ledger reaches"""
    b.size = 2**48


@mutation("second", "MALFORMED")
def rows_swapped(b):
    """the directory does not rise"""
    b.rows.reverse()


@mutation("second", "MALFORMED")
def a_row_twice(b):
    """one segment has two rows"""
    b.rows.insert(0, b.rows[0])


# --- single blocks


@mutation("first", "UNSUPPORTED")
def block_version_two(b):
    """a block of a later version"""
    b.blocks[1] = flip(b.blocks[1], 4, 3)


@mutation("first", "UNSUPPORTED")
def block_type_nine(b):
    """a type of block that is not defined"""
    b.blocks[2] = put(b.blocks[2], 5, ">B", 9)


@mutation("first", "UNSUPPORTED")
def another_suite(b):
    """other algorithms"""
    b.blocks[2] = put(b.blocks[2], 6, ">B", 2)


@mutation("first", "UNSUPPORTED")
def a_flag(b):
    """a flag that is not defined"""
    b.blocks[2] = put(b.blocks[2], 7, ">B", 1)


@mutation("first", "LIMIT_EXCEEDED")
def ciphertext_too_long(b):
    """a length that must not be believed"""
    b.blocks[2] = put(b.blocks[2], 140, ">I", 65_553)


@mutation("first", "MALFORMED")
def ciphertext_too_short(b):
    """not even the tag of the cipher"""
    b.blocks[2] = put(b.blocks[2], 140, ">I", 15)


@mutation("first", "LIMIT_EXCEEDED")
def position_1024(b):
    """a segment has 1024 places"""
    b.blocks[2] = put(b.blocks[2], 36, ">I", 1024)


@mutation("first", "LIMIT_EXCEEDED")
def segment_nine_hundred(b):
    """a ledger of that age cannot have so many segments"""
    b.blocks[3] = put(put(put(b.blocks[3], 24, ">Q", 999), 32, ">I", 900), 36, ">I", 1)
    b.size = 1000


@mutation("first", "MALFORMED")
def a_segment_before_its_place(b):
    """segment 4 in a ledger of four blocks: each segment has a block"""
    b.blocks[3] = put(put(b.blocks[3], 32, ">I", 4), 36, ">I", 1)


@mutation("first", "TAMPERED")
def payload_bit(b):
    """one bit of a payload, the closing hash mended"""
    b.blocks[2] = flip(b.blocks[2], CT + 5)


@mutation("first", "TAMPERED")
def tag_bit(b):
    """one bit of a tag"""
    b.blocks[2] = flip(b.blocks[2], len(b.blocks[2]) - 1)


@mutation("first", "TAMPERED")
def siv_bit(b):
    """one bit of a synthetic IV"""
    b.blocks[2] = flip(b.blocks[2], 110)


@mutation("first", "TAMPERED")
def events_root_bit(b):
    """one bit of the root over the entries: the tag covers it"""
    b.blocks[2] = flip(b.blocks[2], 80)


@mutation("first", "TAMPERED")
def link_bit(b):
    """one bit of the link to the block before"""
    b.blocks[2] = flip(b.blocks[2], 41)


@mutation("second", "TAMPERED", receipts=["first"])
def self_tag_bit(b):
    """one bit of the self tag of a SEGMENT block"""
    at = next(i for i, block in enumerate(b.blocks) if i and block[5] == 1)
    b.blocks[at] = flip(b.blocks[at], len(b.blocks[at]) - 1)


@mutation("first", "TAMPERED")
def block_of_an_older_copy(b):
    """the EXPORT block again in the place of the checkpoint, renumbered"""
    b.blocks[2] = put(put(b.blocks[3], 24, ">Q", 2), 36, ">I", 2)


# --- order and place


@mutation("first", "KEY_INDEX_MISMATCH")
def blocks_swapped(b):
    """two blocks have changed places"""
    b.blocks[1], b.blocks[2] = b.blocks[2], b.blocks[1]


@mutation("first", "KEY_INDEX_MISMATCH")
def a_block_twice(b):
    """one block stands there twice, another is missing"""
    b.blocks[2] = b.blocks[1]


@mutation("first", "KEY_INDEX_MISMATCH")
def position_against_index(b):
    """index and position of a block do not fit together"""
    b.blocks[3] = put(put(b.blocks[3], 36, ">I", 2), 32, ">I", 1)


# --- what is missing


@mutation("first", "BLOCKS_MISSING")
def checkpoint_dropped(b):
    """the checkpoint is gone; the next block vouches for its leaf"""
    del b.blocks[2]


@mutation("first", "BLOCKS_MISSING")
def two_blocks_dropped(b):
    """a hole of two blocks: the root cannot be computed, the tip stands for it"""
    del b.blocks[1:3]


@mutation("first", "BLOCKS_MISSING")
def genesis_dropped(b):
    """block 0 is gone; the vendor has it"""
    del b.blocks[0]


@mutation("first", "TIP_INVALID")
def last_block_dropped(b):
    """the EXPORT block is gone: nothing shows the leaf that the tip is made over"""
    del b.blocks[3]


@mutation("first", "TIP_INVALID")
def all_blocks_dropped(b):
    """no block at all"""
    b.blocks = []


@mutation("first", "TIP_INVALID")
def tail_cut_old_tip(b):
    """the last block is cut off; root, head and tip are the old ones"""
    del b.blocks[3]
    b.size = 3


@mutation("first", "TIP_INVALID")
def tail_cut_root_computed(b):
    """the last block is cut off and the root computed anew: only the tip is not to be had"""
    del b.blocks[3]
    b.size, b.root = 3, root([leaf(block) for block in b.blocks])


@mutation("second", "TIP_INVALID")
def older_head_newer_tip(b):
    """a ledger of ten blocks shown as one of four, with its true head of four"""
    first = Parts((REAL / "totals/first.skb").read_bytes())
    del b.blocks[4:]
    del b.rows[1:]
    b.size, b.root, b.head = 4, first.root, first.head


@mutation("second", "BLOCKS_MISSING", receipts=["first"])
def segment_block_dropped(b):
    """a SEGMENT block is gone; its row in the directory bridges it"""
    del b.blocks[next(i for i, block in enumerate(b.blocks) if i and block[5] == 1)]


@mutation("second", "UNANCHORED", receipts=["first"])
def segment_block_and_row_dropped(b):
    """a SEGMENT block and its row are gone: nothing hands the keys over"""
    del b.blocks[next(i for i, block in enumerate(b.blocks) if i and block[5] == 1)]
    del b.rows[1]


@mutation("second", "RECEIPT_CONFLICT", receipts=["first"])
def first_segment_dropped(b):
    """block 0 on record and the row of segment 1 bridge segment 0; the RECEIPT block that EXPORT speaks of is lost"""
    b.blocks = b.blocks[next(i for i, block in enumerate(b.blocks) if i and block[5] == 1) :]


# --- rows


@mutation("second", "GENESIS_MISMATCH", receipts=["first"])
def row_0_changed(b):
    """row 0 is never taken from a bundle"""
    b.rows[0] = flip(b.rows[0], 20)


@mutation("second", "TAMPERED", receipts=["first"])
def row_1_changed(b):
    """a row whose hand-off does not verify, beside a SEGMENT block whose does"""
    b.rows[1] = flip(b.rows[1], 20)


@mutation("second", "UNANCHORED", receipts=["first"])
def row_1_changed_and_alone(b):
    """a row whose hand-off does not verify, and no SEGMENT block"""
    b.rows[1] = flip(b.rows[1], 100)
    del b.blocks[next(i for i, block in enumerate(b.blocks) if i and block[5] == 1)]


@mutation("second", "EXTENDS", receipts=["first"], earlier=["first"])
def without_rows(b):
    """rows are needed only where a SEGMENT block is lost"""
    b.rows = []


# --- ledger, license, keys


@mutation("first", "WRONG_CHAIN")
def another_ledger_named(b):
    """the bundle names a ledger that nobody activated"""
    b.chain = flip(b.chain, 0)


@mutation("first", "WRONG_CHAIN", site="events")
def another_site(b):
    """a good bundle, held against the activation of another site"""


@mutation("first", "WRONG_CHAIN")
def block_of_another_ledger(b):
    """a block of another ledger of the same vendor"""
    b.blocks[2] = Parts((REAL / "events/events.skb").read_bytes()).blocks[2]


@mutation("first", "GENESIS_MISMATCH")
def another_first_block(b):
    """block 0 is not the activated one"""
    b.blocks[0] = flip(b.blocks[0], len(b.blocks[0]) - 100)


@mutation("first", "WRONG_LICENSE", license="events")
def another_license(b):
    """the license on record binds another ledger"""


@mutation("first", "UNKNOWN_SEALING_KEY", key="mutated/another.hex")
def another_sealing_key(b):
    """the ledger is sealed to a key that is not at hand"""


# --- the end


@mutation("first", "TIP_INVALID")
def tip_of_zeros(b):
    """what a site writes that has lost its keys"""
    b.tip = bytes(32)


@mutation("first", "TIP_INVALID")
def tip_bit(b):
    """one bit of the tip"""
    b.tip = flip(b.tip, 0)


@mutation("first", "TIP_INVALID")
def root_bit(b):
    """one bit of the claimed root: the tip proves another"""
    b.root = flip(b.root, 31)


@mutation("first", "BAD_CHECKPOINT_SIGNATURE")
def head_signature_bit(b):
    """one character of the daemon's signature"""
    b.head = b.head[:-10] + (b"A" if b.head[-10:-9] != b"A" else b"B") + b.head[-9:]


@mutation("first", "BAD_CHECKPOINT_SIGNATURE")
def head_with_line_endings(b):
    """a mail program has changed the line endings"""
    b.head = b.head.replace(b"\n", b"\r\n")


@mutation("first", "BAD_CHECKPOINT_SIGNATURE")
def no_head(b):
    """no note at all"""
    b.head = b""


@mutation("second", "BAD_CHECKPOINT_SIGNATURE", receipts=["first"])
def head_of_another_size(b):
    """a head that the daemon did sign, earlier"""
    b.head = Parts((REAL / "totals/first.skb").read_bytes()).head


# --- what is acknowledged


@mutation("second", "RECEIPT_CONFLICT")
def receipt_not_given(b):
    """the ledger holds a receipt that the vendor has no record of"""


@mutation("second", "EXTENDS", receipts=["first"], earlier=["first"])
def second(b):
    """two segments, a receipt, continues what is acknowledged"""


@mutation("third", "EXTENDS", receipts=["first", "second"], earlier=["first", "second"])
def third(b):
    """begins with segment 1"""


@mutation("third", "RECEIPT_CONFLICT")
def third_alone(b):
    """nothing is acknowledged: segment 0 was not delivered, and the receipts are unknown"""


@mutation("first", "DUPLICATE", receipts=["first"], earlier=["first"])
def first_again(b):
    """delivered twice, counted once"""


@mutation("first", "STALE", receipts=["first", "second"], earlier=["first", "second"])
def first_late(b):
    """an older stick, found again"""


@mutation("first", "FIRST_VERIFIED")
def first(b):
    """seats, a meter, an export; totals"""


@mutation("events", "FIRST_VERIFIED", site="events")
def events(b):
    """sealed at once, event by event"""


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    vectors, now = [], max(file.stat().st_mtime_ns for file in REAL.rglob("*.skb")) // 1_000_000
    if (HERE / "index.json").exists():
        now = json.loads((HERE / "index.json").read_text())["now"]
    for name, claim, of, verdict, given, change in MUTATIONS:
        original = next(REAL.glob(f"*/{of}.skb"))
        parts = Parts(original.read_bytes())
        changed = change(parts)
        changed = parts.join() if changed is None else changed
        file = original
        if changed != original.read_bytes():
            file = OUT / f"{name}.skb"
            file.write_bytes(changed)
        site = given.get("site", original.parent.name)
        vectors.append({"name": name, "claim": claim, "bundle": str(file.relative_to(HERE)),
                        "request": f"real/{site}/site.skreq",
                        "license": f"real/{given.get('license', site)}/site.sklic",
                        "key": given.get("key", "real/sealing.hex"),
                        "receipts": [f"real/totals/{each}.skrcpt" for each in given.get("receipts", [])],
                        "earlier": [f"real/totals/{each}.skb" for each in given.get("earlier", [])],
                        "verdict": verdict})
    (OUT / "another.hex").write_text("11" * 32 + "\n")
    index = {"now": now, "vendor": "real/acme.skvendor", "vectors": vectors}
    (HERE / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
