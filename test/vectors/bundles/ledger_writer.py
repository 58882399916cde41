"""Writes ledgers, bundles and the notes beside them from docs/spec, also such as no honest site writes.

Every key comes from a hash of its name, so the same call gives the same bytes.
"""
import base64
import hashlib
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples"))
import verify_bundle as spec  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: E402

VENDOR = "acme.example"
NOON = 1_795_348_800_000
HOST = hashlib.sha256(b"host").digest()


def seed(name):
    return hashlib.sha256(b"seatkeeper written bundle " + name.encode()).digest()


def url(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class SigningKey:
    def __init__(self, name):
        self.key = Ed25519PrivateKey.from_private_bytes(seed(name))
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def note(self, name, text):
        kid = hashlib.sha256(name.encode() + b"\n\1" + self.public).digest()[:4]
        line = base64.b64encode(kid + self.key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {name} {line}\n"

    def json(self, name, kind, body, indent=2):
        return self.note(name, f"seatkeeper {kind} v1\n{spec.as_javascript(body, indent)}\n")


ROOT, ISSUING, DAEMON = SigningKey("root"), SigningKey("issuing"), SigningKey("daemon")
SEALING, OTHER_SEALING = seed("sealing"), seed("another sealing key")
AUDITOR, OTHER_AUDITOR = seed("auditor"), seed("another auditor")
ISSUER = ROOT.json(VENDOR, "issuer", {"vendor": VENDOR, "key": url(ISSUING.public), "not_before": NOON - spec.DAY,
                                      "not_after": None}, False)


class Raw(bytes):
    """Bytes that stand in a payload as they are: for CBOR that nobody may write."""


def cbor(value):
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        size = next(i for i in range(4) if number < 1 << (8 << i))
        return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size, "big")

    if isinstance(value, Raw):
        return bytes(value)
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(key) + cbor(each) for key, each in value.items())


def share(public, ephemeral, info):
    """enc and the seeds A, R: the sender's side of the export-only exchange."""
    return spec.x25519_public(ephemeral), spec.open_share(ephemeral, public, info, sender=True)


def wrap(auditor, segment, chain, read, name="wrap", to=None):
    """One entry of the list of auditors: key id, enc, and the read seed under the exchanged key."""
    public, ephemeral = spec.x25519_public(auditor), seed(f"{name} {chain.hex()} {segment}")
    info = b"skc1/auditor\0skc1/segment\0" + chain + struct.pack(">I", segment)
    exchanged = spec.hpke(ephemeral, spec.x25519_public(to) if to else public, info, b"\x00\x03", sender=True)
    sealed = ChaCha20Poly1305(exchanged(b"key", 32)).encrypt(exchanged(b"base_nonce", 12), read, b"")
    return spec.key_id(public) + spec.x25519_public(ephemeral) + sealed


class Ledger:
    """Blocks sealed one after another; `spoil` changes a field before the tags are made."""

    def __init__(self, origin_seed="ledger", host=HOST, genesis=None):
        self.chain = seed(origin_seed)[:16]
        self.origin = f"{VENDOR}/skc/{self.chain.hex()}"
        self.blocks, self.leaves, self.rows, self.segment, self.start, self.events = [], [], [], -1, 0, 0
        self.a = self.r = bytes(32)
        payload = {0: "request", 1: DAEMON.public, 2: self.origin, 3: NOON, 4: host, 5: None}
        self.open_segment(payload if genesis is None else genesis)

    def open_segment(self, payload=None, reason=0, auditors=b"\0", spoil=None, kid=None, commit=None, handoff=None,
                     sealing=SEALING):
        number, index = self.segment + 1, len(self.blocks)
        info = b"skc1/segment\0" + self.chain + struct.pack(">I", number)
        public = spec.x25519_public(sealing)
        enc, (auth, read) = share(public, seed(f"{self.chain.hex()} {number}"), info)
        commit = spec.mac(read, b"skc1/read-commit") if commit is None else commit
        fields = self.chain + struct.pack(">IQ", number, index) + enc + commit
        if handoff is None:
            handoff = spec.mac(spec.derive(self.a, b"handoff"), fields) if index else bytes(32)
        if callable(auditors):
            entries = auditors(number, self.chain, read)
            auditors = bytes([len(entries)]) + b"".join(entries)
        ext = (spec.key_id(public) if kid is None else kid) + enc + commit + handoff + auditors
        payload = {0: NOON, 1: NOON, 2: reason} if payload is None else payload
        self.segment, self.start = number, index
        self.rows.append(struct.pack(">IQ", number, index) + enc + commit + handoff)
        self.add(spec.SEGMENT, payload, ext, spoil, seeds=(auth, read))

    def add(self, kind, payload, ext=b"", spoil=None, seeds=None):
        spoil = spoil or {}
        index = len(self.blocks)
        r = spec.derive(seeds[1], b"genesis") if index == 0 else self.r
        plain = cbor(payload)
        root = bytes(32)
        if kind == spec.CHECKPOINT and isinstance(payload, list):
            blind = spec.derive(r, b"blind")
            leaves = [spec.sha256(b"\0", spec.mac(blind, struct.pack(">I", j))[:16], cbor(entry))
                      for j, entry in enumerate(payload[1:])]
            root = spec.tree_root(leaves) if leaves else root
        root = spoil.get("events_root", root)
        prev = spoil.get("prev", self.leaves[-1] if index else bytes(32))
        front = b"SKB1" + bytes([1, kind, 1, 0]) + self.chain
        front += struct.pack(">QII", index, self.segment, index - self.start) + prev + root
        lengths = struct.pack(">II", len(ext), len(plain) + 16)
        pub = front + bytes(32) + lengths
        siv = spec.mac(spec.derive(r, b"siv"), struct.pack(">I", 144), pub, struct.pack(">I", len(ext)), ext, plain)
        siv = spoil.get("siv", siv)
        header = front + siv + lengths
        key = spec.expand(spec.derive(r, b"enc"), b"skc1/blk\0" + siv, 32)
        body = header + ext + ChaCha20Poly1305(key).encrypt(bytes(12), plain, header + ext)
        tags = spec.mac(spec.derive(self.a, b"mac"), body) if index else bytes(32)
        if seeds:
            tags += spoil.get("self_tag", spec.mac(spec.derive(seeds[0], b"seg"), body))
        self.blocks.append(body + tags)
        self.leaves.append(spec.sha256(b"\0", header, spec.sha256((body + tags)[144:])))
        self.a, self.r = seeds if seeds else (spec.derive(self.a, b"next"), spec.derive(self.r, b"next"))

    def checkpoint(self, *entries, events=1, first=None, detail=0, meta=None, spoil=None):
        first = self.events + 1 if first is None else first
        minutes = 60_000 * len(self.blocks)
        fields = {0: first if events else 0, 1: events, 2: NOON + minutes, 3: minutes, 4: "boot-1",
                  5: NOON + minutes, 6: minutes, 7: None, 8: detail, 9: NOON + minutes - 60_000, **(meta or {})}
        self.events = first + events - 1 if events else self.events
        self.add(spec.CHECKPOINT, [fields, *entries], spoil=spoil)

    def start_block(self, host=HOST):
        self.add(spec.START, {0: "0.1.0", 1: "boot-1", 2: True, 3: 0, 4: None, 5: None, 6: None, 7: None, 8: NOON,
                              9: host})

    def heartbeat(self, clocks=None):
        minutes = 60_000 * len(self.blocks)
        fields = {0: NOON + minutes, 1: minutes, 2: "boot-1", 3: NOON + minutes, 4: minutes, 5: None}
        self.add(spec.HEARTBEAT, {0: {**fields, **(clocks or {})}, 1: 0, 2: 0})

    def export(self, number=1, receipt=None, nonce=None, host=HOST, before=None):
        before = len(self.blocks) if before is None else before
        self.add(spec.EXPORT, {0: number, 1: before, 2: receipt, 3: nonce, 4: NOON, 5: host})

    def take_receipt(self, text, number, size):
        root = spec.tree_root(self.leaves[:size])
        self.add(spec.RECEIPT, {0: text, 1: number, 2: size, 3: root})
        self.open_segment(reason=2)

    def head(self, size=None, root=None):
        size = len(self.blocks) if size is None else size
        root = spec.tree_root(self.leaves[:size]) if root is None else root
        return DAEMON.note(self.origin, f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n")

    def bundle(self, start=0, without=(), root=None, rows=None, tip=None):
        size = len(self.blocks)
        head = self.head(root=root).encode()
        root = spec.tree_root(self.leaves) if root is None else root
        fields = self.chain + struct.pack(">Q", size) + self.leaves[-1] + root
        tip = spec.mac(spec.derive(self.a, b"tip"), fields) if tip is None else tip
        rows = self.rows if rows is None else rows
        blocks = [block for index, block in enumerate(self.blocks) if index >= start and index not in without]
        raw = b"SKX1\0\1" + self.chain + struct.pack(">QQI", start, size, len(rows)) + b"".join(rows)
        raw += struct.pack(">I", len(blocks)) + b"".join(blocks) + struct.pack(">I", len(head)) + head + root + tip
        return raw + hashlib.sha256(raw).digest()

    def request(self):
        body = {"vendor": VENDOR, "chain_id": self.chain.hex(), "daemon_key": url(DAEMON.public),
                "genesis_block": url(self.blocks[0]), "head": self.head(1),
                "host": {"hash": HOST.hex(), "parts": ["machine-id"]},
                "product": {"name": "seatkeeper", "version": "0.1.0"}, "created_at": NOON}
        return DAEMON.json(self.origin, "request", body)

    def license(self, **terms):
        body = {"license_id": seed("license")[:16].hex(), "vendor": VENDOR, "issued_at": NOON,
                "chain_id": self.chain.hex(), "genesis_leaf": url(self.leaves[0]), "daemon_key": url(DAEMON.public),
                "origin": self.origin, "host": {"hash": HOST.hex(), "parts": ["machine-id"]},
                "sealing_key": spec.key_id(spec.x25519_public(SEALING)).hex(), "suite": 1,
                "terms": {"site": "Written", "features": [{"name": "cad.pro", "seats": 3}], **terms},
                "issuer": ISSUER}
        return ISSUING.json(f"{VENDOR}/issuer", "license", body)

    def receipt(self, number, size, nonce):
        body = {"vendor": VENDOR, "chain_id": self.chain.hex(), "receipt_no": number, "head": self.head(size),
                "vendor_time": NOON, "nonce": url(nonce), "issuer": ISSUER}
        return ISSUING.json(f"{VENDOR}/issuer", "receipt", body)


def vendor_file():
    public = spec.x25519_public(SEALING)
    return ROOT.json(VENDOR, "vendor", {
        "name": VENDOR, "root_key": url(ROOT.public),
        "sealing_keys": [{"kid": spec.key_id(public).hex(), "key": url(public), "not_before": NOON, "not_after": None}],
        "issuers": [ISSUER], "created_at": NOON})


def auditor_key_file(secret):
    public = spec.auditor_public(spec.x25519_public(secret))
    return f"seatkeeper auditor key v1\npublic: {public}\nsecret: {url(secret)}\n"
