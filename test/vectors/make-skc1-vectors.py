"""Writes skc1-vectors.json beside itself: a small sealed ledger, from docs/spec/ledger.md alone.

An implementation of its own, in the standard library of Python 3, slow and unsafe with secrets:
it shares no line with Seatkeeper. Run it again after the specification has changed.
"""

import hashlib
import hmac
import json
import pathlib
import struct

# Primitives: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439), HKDF (RFC 5869), HPKE (RFC 9180).

P = 2**255 - 19


def x25519(secret, point):
    k = bytearray(secret)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") % 2**255
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(secret):
    return x25519(secret, (9).to_bytes(32, "little"))


def rotl(v, n):
    return (v << n | v >> 32 - n) & 0xFFFFFFFF


def chacha_block(key, counter, nonce):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    s = start[:]
    for _ in range(10):
        for a, b, c, d in [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]:
            for x, y, z, n in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
                s[x] = s[x] + s[y] & 0xFFFFFFFF
                s[z] = rotl(s[z] ^ s[x], n)
    return struct.pack("<16I", *(x + y & 0xFFFFFFFF for x, y in zip(s, start)))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(message), 16):
        acc = (acc + int.from_bytes(message[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((acc + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def pad16(data):
    return data + bytes(-len(data) % 16)


def seal(key, nonce, plaintext, aad):
    out = bytearray()
    for i in range(0, len(plaintext), 64):
        stream = chacha_block(key, 1 + i // 64, nonce)
        out += bytes(x ^ y for x, y in zip(plaintext[i:i + 64], stream))
    lengths = struct.pack("<QQ", len(aad), len(out))
    return bytes(out) + poly1305(chacha_block(key, 0, nonce)[:32], pad16(aad) + pad16(bytes(out)) + lengths)


def sha(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(prk, info, length):
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = mac(prk, block + info + bytes([i]))
        out += block
    return out[:length]


def l_extract(suite, salt, label, ikm):
    return mac(salt, b"HPKE-v1" + suite + label + ikm)


def l_expand(suite, prk, label, info, length):
    return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + suite + label + info, length)


KEM = b"KEM\x00\x20"


def hpke(recipient, info, aead, ikm_e):
    secret = l_expand(KEM, l_extract(KEM, b"", b"dkp_prk", ikm_e), b"sk", b"", 32)
    enc = public(secret)
    prk = l_extract(KEM, b"", b"eae_prk", x25519(secret, recipient))
    shared = l_expand(KEM, prk, b"shared_secret", enc + recipient, 32)
    suite = b"HPKE\x00\x20\x00\x01" + struct.pack(">H", aead)
    context = b"\0" + l_extract(suite, b"", b"psk_id_hash", b"") + l_extract(suite, b"", b"info_hash", info)
    root = l_extract(suite, shared, b"secret", b"")
    return enc, suite, root, context


def exported(suite, root, context, label):
    return l_expand(suite, l_expand(suite, root, b"exp", context, 32), b"sec", label, 32)


# Section "Keys".


def d(key, label):
    return expand(key, b"skc1/" + label + b"\0", 32)


def kid(key):
    return sha(b"skc1/kid\0" + key)[:8]


# Section "CBOR".


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 256**size:
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(value):
    if value is None:
        return b"\xf6"
    if value is True or value is False:
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(head(0, k) + cbor(value[k]) for k in sorted(value))


def fields(*values):
    return dict(enumerate(values))


# RFC 6962.


def leaf(data):
    return sha(b"\0" + data)


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha(b"\1" + tree(leaves[:split]) + tree(leaves[split:]))


def frontier(leaves):
    out, at = [], 0
    for bit in reversed(range(48)):
        if len(leaves) >> bit & 1:
            out.append(tree(leaves[at:at + (1 << bit)]))
            at += 1 << bit
    return out


# Sections "Block", "Segment", "State file".

ZEROS = bytes(32)
TYPES = "segment checkpoint receipt export incident start heartbeat close".split()


class Ledger:
    def __init__(self, chain_id):
        self.chain, self.segment, self.position = chain_id, 0, 0
        self.auth = self.read = None
        self.blocks, self.leaves = [], []

    def open_segment(self, sealing_key, recipients, entropy, payload):
        if self.blocks:
            self.segment, self.position = self.segment + 1, 0
        info = b"skc1/segment\0" + self.chain + struct.pack(">I", self.segment)
        hedge = d(self.auth, b"hedge") if self.auth else ZEROS
        seed = lambda j: mac(hedge, bytes([j]) + entropy + info)
        enc, *context = hpke(sealing_key, info, 0xFFFF, seed(0))
        new_auth, new_read = exported(*context, b"skc1/auth"), exported(*context, b"skc1/read")
        commit = mac(new_read, b"skc1/read-commit")
        place = struct.pack(">IQ", self.segment, len(self.blocks))
        handoff = mac(d(self.auth, b"handoff"), self.chain + place + enc + commit) if self.auth else ZEROS
        ext = kid(sealing_key) + enc + commit + handoff + bytes([len(recipients)])
        for j, key in enumerate(recipients, 1):
            wrap_enc, suite, root, ctx = hpke(key, b"skc1/auditor\0" + info, 3, seed(j))
            wrap_key, nonce = l_expand(suite, root, b"key", ctx, 32), l_expand(suite, root, b"base_nonce", ctx, 12)
            ext += kid(key) + wrap_enc + seal(wrap_key, nonce, new_read, b"")
        read = self.read or d(new_read, b"genesis")
        self.append("segment", payload, [], ext, read, new_auth)
        self.auth, self.read, self.position = new_auth, new_read, 1
        return {"A": new_auth, "R": new_read, "directory_row": place + enc + commit + handoff}

    def seal(self, kind, value):
        entries = [cbor(e) for e in value[1:]] if kind == "checkpoint" else []
        self.append(kind, cbor(value), entries, b"", self.read, None)
        self.auth, self.read, self.position = d(self.auth, b"next"), d(self.read, b"next"), self.position + 1

    def append(self, kind, plaintext, entries, ext, read, new_auth):
        blinds = [mac(d(read, b"blind"), struct.pack(">I", j))[:16] for j in range(len(entries))]
        events_root = tree([leaf(b + e) for b, e in zip(blinds, entries)]) if entries else ZEROS
        prev = self.leaves[-1] if self.leaves else ZEROS
        front = b"SKB1" + bytes([1, TYPES.index(kind) + 1, 1, 0]) + self.chain
        front += struct.pack(">QII", len(self.blocks), self.segment, self.position) + prev + events_root
        back = struct.pack(">II", len(ext), len(plaintext) + 16)
        pub = front + ZEROS + back
        siv = mac(d(read, b"siv"), struct.pack(">I", 144) + pub + struct.pack(">I", len(ext)) + ext + plaintext)
        header = front + siv + back
        key = expand(d(read, b"enc"), b"skc1/blk\0" + siv, 32)
        tagged = header + ext + seal(key, bytes(12), plaintext, header + ext)
        block = tagged + (mac(d(self.auth, b"mac"), tagged) if self.auth else ZEROS)
        if new_auth:
            block += mac(d(new_auth, b"seg"), tagged)
        self.blocks.append(block)
        self.leaves.append(leaf(header + sha(block[144:])))

    def tip(self):
        size = struct.pack(">Q", len(self.blocks))
        return mac(d(self.auth, b"tip"), self.chain + size + self.leaves[-1] + tree(self.leaves))

    def slot(self, high_water, ack):
        front = frontier(self.leaves)
        size = len(self.blocks)
        slot = b"SKCS" + struct.pack(">QQQ", size, size, sum(map(len, self.blocks)))
        slot += self.leaves[-1] + self.auth + self.read + struct.pack(">II", self.segment, self.position)
        slot += self.chain + struct.pack(">Q", ack[0]) + ack[1] + struct.pack(">Q", high_water)
        slot += bytes([len(front)]) + b"".join(front)
        slot = slot.ljust(4064, b"\0")
        return slot + sha(slot)


def seeded(name, count=32):
    return b"".join(sha(f"{name} {i}".encode()) for i in range(-(-count // 32)))[:count]


def auditor_wraps(auditor, chain_id, read):
    """Entries of recipient lists: what an auditor's key makes of each, and the seed where it gets one."""
    info = lambda segment, chain=chain_id: b"skc1/auditor\0skc1/segment\0" + chain + struct.pack(">I", segment)

    def entry(to, about, secret, name):
        enc, suite, root, ctx = hpke(to, about, 3, seeded(f"wrap {name}"))
        key, nonce = l_expand(suite, root, b"key", ctx, 32), l_expand(suite, root, b"base_nonce", ctx, 12)
        return kid(public(auditor)) + enc + seal(key, nonce, secret, b"")

    good, other = public(auditor), public(seeded("another auditor"))
    right = entry(good, info(7), read, "right")
    cases = [
        ("for this key and segment", right, "opened"),
        ("for another key", entry(other, info(7), read, "key"), "closed"),
        ("of another segment", entry(good, info(8), read, "segment"), "closed"),
        ("of another ledger", entry(good, info(7, bytes(16)), read, "ledger"), "closed"),
        ("without its label", entry(good, info(7)[13:], read, "label"), "closed"),
        ("with a bit of its ciphertext changed", right[:-1] + bytes([right[-1] ^ 1]), "closed"),
        ("with a bit of its key share changed", right[:8] + bytes([right[8] ^ 1]) + right[9:], "closed"),
        ("of a seed that the segment does not commit to", entry(good, info(7), seeded("split"), "seed"), "other-seed"),
    ]
    return [{"name": name, "segment": 7, "wrap": wrap.hex(), "read_commit": mac(read, b"skc1/read-commit").hex(),
             "kind": kind, "read": read.hex() if kind == "opened" else None} for name, wrap, kind in cases]


def main():
    noon = 1795348800000
    day = noon + 86_400_000
    vendor, auditor, chain_id = seeded("vendor secret"), seeded("auditor secret"), seeded("chain id", 16)
    pseudonym, lease, client = "u_ADAADAADAADAADAADAADAA", seeded("lease", 16), bytes(32)
    origin = f"acme.example/skc/{chain_id.hex()}"
    ledger = Ledger(chain_id)
    entropy = [seeded("entropy 0", 64), seeded("entropy 1", 64)]
    genesis = fields("req-1", seeded("daemon key"), origin, noon, seeded("host"), None)
    first = ledger.open_segment(public(vendor), [public(auditor)], entropy[0], cbor(genesis))
    meta = lambda first_id, count, wall, detail, since: fields(
        first_id, count, wall, 120_000, "boot-1", wall, 120_500, None, detail, since)
    ledger.seal("checkpoint", [
        meta(1, 4, noon + 60_000, 1, noon),
        {0: 1, 1: 1, 2: "cad.pro", 3: 2, 4: pseudonym, 5: lease, 6: noon + 1, 7: False},
        {0: 2, 1: 3, 2: "cad.pro", 4: pseudonym, 6: noon + 2, 7: "NO_SEATS"},
        {0: 3, 1: 2, 2: "cad.pro", 3: 2, 4: pseudonym, 5: lease, 6: noon + 3, 7: 1, 8: 4},
        {0: 4, 1: 4, 2: "render.minutes", 3: 12, 4: pseudonym, 6: noon + 4, 7: noon - 5, 8: client},
        {1: 5, 2: "sim.solver", 8: 60_000},
    ])
    second = ledger.open_segment(public(vendor), [], entropy[1], cbor(fields(day, day, 1)))
    ledger.seal("checkpoint", [
        meta(5, 4, day, 0, noon + 60_000),
        fields(1, "cad.pro", 1, 0, 1, 0, 0, [["NO_SEATS", 1]], 4, 2, 0),
        fields(1, "sim.solver", 0, 0, 0, 0, 0, [], 60_000, 1, 1),
        fields(2, "render.minutes", 1, 12, 1),
    ])
    ledger.seal("receipt", fields("a receipt\n", 1, 2, tree(ledger.leaves[:2])))
    borrowed, ends = seeded("borrowed lease", 16), noon + 7 * 86_400_000
    ledger.seal("checkpoint", [
        meta(9, 4, day + 60_000, 1, day),
        {0: 9, 1: 1, 2: "cad.pro", 3: 1, 4: pseudonym, 5: borrowed, 6: day + 1, 7: False},
        {0: 10, 1: 7, 2: "cad.pro", 3: 1, 4: pseudonym, 5: borrowed, 6: day + 1, 7: ends},
        {0: 11, 1: 2, 2: "cad.pro", 3: 1, 4: pseudonym, 5: borrowed, 6: day + 2, 7: 4, 8: 1},
        {0: 12, 1: 2, 2: "cad.pro", 3: 1, 4: pseudonym, 5: lease, 6: day + 3, 7: 5, 8: 5},
    ])
    ledger.seal("checkpoint", [
        meta(13, 4, day + 120_000, 0, day + 60_000),
        fields(1, "cad.pro", 1, 0, 0, 0, 0, [], 6, 2, 0, 1, ends, 1, 1),
    ])
    ledger.seal("checkpoint", [
        meta(17, 3, day + 180_000, 1, day + 120_000),
        {0: 17, 1: 6, 2: "render.minutes", 3: 2, 4: pseudonym, 6: day + 1, 7: noon - 5, 8: client},
        {0: 18, 1: 8, 2: "cad.pro", 4: pseudonym, 6: day + 2, 7: 1},
        {0: 19, 1: 8, 2: "cad.pro", 4: pseudonym, 6: day + 3, 7: 2},
    ])
    ledger.seal("checkpoint", [
        meta(20, 3, day + 240_000, 0, day + 180_000),
        fields(3, "render.minutes", 1, 2, 1),
        fields(4, "cad.pro", 1, 1),
    ])
    hexed = lambda value: {k: v.hex() for k, v in value.items()}
    vectors = {
        "vendor_secret": vendor.hex(), "auditor_secret": auditor.hex(), "chain_id": chain_id.hex(),
        "entropy": [e.hex() for e in entropy],
        "daemon_key": seeded("daemon key").hex(), "host_hash": seeded("host").hex(),
        "lease": lease.hex(), "segments": [hexed(first), hexed(second)],
        "blocks": [b.hex() for b in ledger.blocks], "leaves": [x.hex() for x in ledger.leaves],
        "root": tree(ledger.leaves).hex(), "tip": ledger.tip().hex(),
        "wraps": auditor_wraps(auditor, chain_id, bytes.fromhex(hexed(second)["R"])),
        "slot": ledger.slot(day + 240_000, (2, tree(ledger.leaves[:2]))).hex(),
    }
    path = pathlib.Path(__file__).with_name("skc1-vectors.json")
    path.write_text(json.dumps(vectors, indent=1) + "\n")


main()
