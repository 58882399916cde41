#!/usr/bin/python3
"""Verifies a usage bundle without Seatkeeper: a second implementation, written from docs/spec alone.

    verify_bundle.py usage.skb --vendor acme.skvendor --request site.skreq --license site.sklic \
        --key keys/sealing-0123456789abcdef.skkey --passphrase-file passphrase

    verify_bundle.py usage.skb --auditor-key auditor.skkey [--passphrase-file passphrase]

Prints verdict and figures as JSON; with an auditor's key what that auditor reads, and what is wrong as far as it can tell. Exit codes: 0 verified, 2 wrong usage, 3 not verified. Needs Python 3.11 and
python3-cryptography. It keeps no state: what was acknowledged before comes in as --receipt files and as the
bundles they answered (--earlier), everything else from the three files of the activation.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys
import time
import unicodedata

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ZERO32 = bytes(32)
SEGMENT, CHECKPOINT, RECEIPT, EXPORT, INCIDENT, START, HEARTBEAT, CLOSE = range(1, 9)
TYPES = ["", "SEGMENT", "CHECKPOINT", "RECEIPT", "EXPORT", "INCIDENT", "START", "HEARTBEAT", "CLOSE"]
MINUTE, DAY = 60_000, 86_400_000

# bundle.md, "Verdicts": of several that apply, the first is given. EARLIER_NEEDED is of this program alone, which keeps nothing.
VERDICTS = """TRANSPORT_DAMAGED LIMIT_EXCEEDED MALFORMED UNSUPPORTED DOWNGRADE UNKNOWN_CHAIN WRONG_LICENSE WRONG_CHAIN
UNKNOWN_SEALING_KEY GENESIS_MISMATCH FORK TAMPERED KEY_INDEX_MISMATCH READ_COMMIT_MISMATCH EVENTS_ROOT_MISMATCH
EVENT_DUPLICATE EVENT_GAP ROOT_MISMATCH UNANCHORED CLONE_SUSPECTED RECEIPT_CONFLICT TIP_INVALID
BAD_CHECKPOINT_SIGNATURE BLOCKS_MISSING EARLIER_NEEDED VERIFIED_WITH_INCIDENTS STALE DUPLICATE EXTENDS FIRST_VERIFIED""".split()
ACCEPTED = {"VERIFIED_WITH_INCIDENTS", "STALE", "DUPLICATE", "EXTENDS", "FIRST_VERIFIED"}


class Refused(Exception):
    """Why the bundle, or a file beside it, is not believed."""

    def __init__(self, code, why):
        super().__init__(f"{code}: {why}")
        self.code, self.why = code, why


def need(condition, code, why):
    if not condition:
        raise Refused(code, why)


# --- ledger.md, "Primitives" and "Keys" ---------------------------------------------------------


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def expand(prk, info, length):
    out, last = b"", b""
    while len(out) < length:
        last = mac(prk, last, info, bytes([len(out) // 32 + 1]))
        out += last
    return out[:length]


def derive(key, label):
    return expand(key, b"skc1/" + label + b"\0", 32)


def key_id(public):
    return sha256(b"skc1/kid\0", public)[:8]


def x25519_public(secret):
    public = X25519PrivateKey.from_private_bytes(secret).public_key()
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def hpke(secret, other, info, aead, sender=False):
    """RFC 9180, base mode, KEM 0x0020, KDF 0x0001: a function that expands the exchanged secret; None where there is none.

    `other` is enc; the sender has the recipient's public key instead.
    """
    own = x25519_public(secret)
    try:
        dh = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:  # an all-zero result
        return None
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01" + aead

    def l_extract(suite_id, salt, label, ikm):
        return mac(salt or ZERO32, b"HPKE-v1", suite_id, label, ikm)

    def l_expand(suite_id, prk, label, context, length):
        return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + suite_id + label + context, length)

    both = own + other if sender else other + own
    shared = l_expand(kem, l_extract(kem, b"", b"eae_prk", dh), b"shared_secret", both, 32)
    context = b"\0" + l_extract(suite, b"", b"psk_id_hash", b"") + l_extract(suite, b"", b"info_hash", info)
    secret = l_extract(suite, shared, b"secret", b"")
    return lambda label, length, key=secret, about=context: l_expand(suite, key, label, about, length)


def open_share(secret, other, info, sender=False):
    """The seeds A and R of a segment: export only, AEAD 0xFFFF."""
    exchanged = hpke(secret, other, info, b"\xff\xff", sender)
    if exchanged is None:
        return None
    exporter = exchanged(b"exp", 32)
    return tuple(exchanged(b"sec", 32, exporter, label) for label in (b"skc1/auth", b"skc1/read"))


def open_wrap(secret, enc, ct, info):
    """The read seed in an auditor's wrap, AEAD 0x0003; None where it is for somebody else."""
    exchanged = hpke(secret, enc, b"skc1/auditor\0" + info, b"\x00\x03")
    if exchanged is None:
        return None
    try:
        return ChaCha20Poly1305(exchanged(b"key", 32)).decrypt(exchanged(b"base_nonce", 12), ct, b"")
    except InvalidTag:
        return None


# --- RFC 6962 ------------------------------------------------------------------------------------


def tree_root(leaves):
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1", tree_root(leaves[:half]), tree_root(leaves[half:]))


# --- keys.md -------------------------------------------------------------------------------------


def hchacha20(key, nonce):
    s = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            mixed = s[z] ^ s[x]
            s[z] = (mixed << n | mixed >> (32 - n)) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *s[:4], *s[12:])


KEY_FILE = re.compile(
    r"seatkeeper key file v1\nkind: ([a-z][a-z0-9-]{0,31})\nname: ([!-~]+)\n"
    r"scrypt: ([1-9]\d{0,9}) ([1-9]\d{0,9}) ([1-9]\d{0,9}) ([\w-]{22})\nnonce: ([\w-]{32})\nsecret: ([\w-]{64})\n",
    re.ASCII,
)


PLAIN_KEY = re.compile(r"seatkeeper auditor key v1\npublic: (skaud1-[\w-]{48})\nsecret: ([\w-]{43})\n", re.ASCII)


def auditor_public(key):
    """An auditor's public key as people hand it on."""
    check = sha256(b"skc1/auditor-key\0", key)[:4]
    return "skaud1-" + base64.urlsafe_b64encode(key + check).decode()


def open_auditor_key(text, passphrase):
    """An auditor's secret, under a passphrase or not; its two halves belong together."""
    plain = PLAIN_KEY.fullmatch(text)
    secret = base64url(plain[2]) if plain else open_key_file(text, passphrase or "", "auditor")
    name = plain[1] if plain else KEY_FILE.fullmatch(text)[2]
    need(auditor_public(x25519_public(secret)) == name, "KEY_FILE_FORMAT", "the public key is another's")
    return secret


def open_key_file(text, passphrase, kind="sealing"):
    """The secret in a *.skkey file."""
    found = KEY_FILE.fullmatch(text)
    need(found and found[1] == kind, "KEY_FILE_FORMAT", f"not the key file of a key for {kind}")
    n, r, p, (salt, nonce, sealed) = int(found[3]), int(found[4]), int(found[5]), map(base64url, found.groups()[5:])
    need(n & (n - 1) == 0 and n >= 1024 and 128 * n * r <= 2**29 and p <= 4, "KEY_FILE_COST", "costs more than is sane")
    words = unicodedata.normalize("NFC", passphrase).encode()
    key = hashlib.scrypt(words, salt=salt, n=n, r=r, p=p, maxmem=2**31 - 2, dklen=32)
    aad = text[: text.index("secret: ")].encode()
    try:
        return ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], sealed, aad)
    except InvalidTag:
        raise Refused("KEY_FILE_PASSPHRASE", "wrong passphrase, or a changed key file") from None


# --- note.md -------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_Y8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL = {0, 1, P - 1, _Y8, P - _Y8}  # the y of every point of order 8 or less


def strict_point(raw):
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    return y < P and y not in SMALL


def ed25519_ok(public, message, signature):
    if len(public) != 32 or len(signature) != 64 or int.from_bytes(signature[32:], "little") >= ORDER:
        return False
    if not strict_point(public) or not strict_point(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def base64url(text):
    """The one way to write these bytes, without padding."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raw = None
    if raw is None or base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise Refused("NOTE_JSON", f"not base64url: {text[:20]}")
    return raw


def split_note(raw):
    """Text and signature lines of a note, nothing verified yet."""
    need(len(raw) <= 262_144, "NOTE_TOO_LARGE", "more than 262144 bytes")
    need(b"\r" not in raw, "NOTE_CRLF", "line endings were changed on the way")
    try:
        note = raw.decode()
    except UnicodeDecodeError:
        raise Refused("NOTE_MALFORMED", "not UTF-8") from None
    need(not re.search("[\0-\x09\x0b-\x1f]|^\ufeff", note), "NOTE_MALFORMED", "control characters")
    cut = note.rfind("\n\n")
    need(note.endswith("\n") and 0 <= cut < len(note) - 2, "NOTE_TRUNCATED", "no signature")
    lines = note[cut + 2 : -1].split("\n")
    need(len(lines) <= 16, "NOTE_MALFORMED", "too many signatures")
    signatures = []
    for line in lines:
        found = re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
        try:
            value = base64.b64decode(found[2], validate=True) if found else b""
        except ValueError:
            value = b""
        need(len(value) > 4 and base64.b64encode(value).decode() == found[2], "NOTE_MALFORMED", "a signature line")
        signatures.append((found[1], value[:4], value[4:]))
    return note[: cut + 1], signatures


def open_note(raw, name, public):
    """The text, if the key has signed it under the name and no line of that key is wrong."""
    text, signatures = split_note(raw)
    own = sha256(name.encode(), b"\n\1", public)[:4]
    mine = [value for line, kid, value in signatures if (line, kid) == (name, own)]
    need(mine, "NOTE_UNSIGNED", f"no signature by {name}")
    need(all(ed25519_ok(public, text.encode(), value) for value in mine), "NOTE_SIGNATURE", f"signature of {name}")
    return text


def as_javascript(body, pretty):
    text = json.dumps(body, ensure_ascii=False, **({"indent": 2} if pretty else {"separators": (",", ":")}))
    return re.sub("[\ud800-\udfff]", lambda lone: f"\\u{ord(lone[0]):04x}", text)


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def note_body(text, kind, fields):
    """The JSON object of a verified text, in its one written form and with exactly these fields."""
    first, _, rest = text.partition("\n")
    need(first.startswith(f"seatkeeper {kind} v"), "NOTE_KIND", f"not a {kind}")
    need(first == f"seatkeeper {kind} v1", "NOTE_VERSION", first)
    try:
        body = json.loads(rest)
    except (ValueError, RecursionError):
        raise Refused("NOTE_JSON", f"the {kind} is no JSON") from None
    need(isinstance(body, dict) and depth(body) <= 16, "NOTE_JSON", f"the {kind} is no flat object")
    need(rest[:-1] in (as_javascript(body, False), as_javascript(body, True)), "NOTE_JSON", "another way to write it")
    names = fields.split()
    known = {name.rstrip("?") for name in names}
    must = {name for name in names if not name.endswith("?")}
    need(must <= body.keys() <= known | {"ext"}, f"{kind.upper()}_FIELD", "fields missing or unknown")
    return body


def peek(raw, field):
    """A field of a note that nothing was checked of, to find the key that must have signed it."""
    try:
        value = json.loads(split_note(raw)[0].partition("\n")[2])[field]
    except (ValueError, KeyError, TypeError, RecursionError):
        value = None
    need(isinstance(value, str), "NOTE_JSON", f"no field {field}")
    return value


def open_head(raw, origin, public):
    """Size and root of a checkpoint note."""
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n", open_note(raw, origin, public))
    need(found and found[1] == origin and int(found[2]) < 2**53, "NOTE_HEAD", "not a head of this ledger")
    root = base64.b64decode(found[3])
    need(base64.b64encode(root).decode() == found[3], "NOTE_HEAD", "base64")
    return int(found[2]), root


# --- license.md ----------------------------------------------------------------------------------


def read_vendor(raw, expected_root=None):
    root = base64url(peek(raw, "root_key"))
    need(expected_root in (None, root), "VENDOR_FILE_KEY", "another root key than the expected one")
    text = open_note(raw, peek(raw, "name"), root)
    body = note_body(text, "vendor", "name root_key sealing_keys issuers created_at")
    for entry in body["sealing_keys"]:
        need(key_id(base64url(entry["key"])).hex() == entry["kid"], "VENDOR_FILE_FIELD", "kid of another key")
    return {"name": body["name"], "root": root, "kids": [entry["kid"] for entry in body["sealing_keys"]]}


def open_issued(raw, kind, fields, time_field, vendor):
    """A note by an issuing key: certificate under the root key, note under the certified key, then the dates."""
    need(peek(raw, "vendor") == vendor["name"], "LICENSE_WRONG_VENDOR", f"a {kind} of another vendor")
    certificate = open_note(peek(raw, "issuer").encode(), vendor["name"], vendor["root"])
    issuer = note_body(certificate, "issuer", "vendor key not_before not_after")
    need(issuer["vendor"] == vendor["name"], "LICENSE_ISSUER", "a certificate for another vendor")
    body = note_body(open_note(raw, f"{vendor['name']}/issuer", base64url(issuer["key"])), kind, fields)
    end = issuer["not_after"]
    valid = issuer["not_before"] <= body[time_field] and (end is None or body[time_field] < end)
    need(valid, "LICENSE_ISSUER_EXPIRED", f"the {kind} is dated outside its certificate")
    return body


def read_request(raw, vendor):
    daemon = base64url(peek(raw, "daemon_key"))
    chain = peek(raw, "chain_id")
    origin = f"{vendor['name']}/skc/{chain}"
    fields = "vendor chain_id daemon_key genesis_block head host product created_at"
    body = note_body(open_note(raw, origin, daemon), "request", fields)
    need(body["vendor"] == vendor["name"], "LICENSE_WRONG_VENDOR", "a request to another vendor")
    block = parse_one_block(base64url(body["genesis_block"]))
    size, root = open_head(body["head"].encode(), origin, daemon)
    need((size, root) == (1, block.leaf), "REQUEST_HEAD", "the head is not that of the genesis block")
    return {"chain": bytes.fromhex(chain), "daemon": daemon, "origin": origin, "leaf": block.leaf, "genesis": block,
            "host": bytes.fromhex(body["host"]["hash"]), "since": body["created_at"]}


def read_license(raw, vendor):
    fields = ("license_id vendor issued_at chain_id genesis_leaf daemon_key origin host sealing_key suite terms "
              "acknowledged? issuer")
    body = open_issued(raw, "license", fields, "issued_at", vendor)
    need(body["suite"] == 1 and body["terms"].get("min_format", 1) == 1, "LICENSE_FORMAT", "another ledger format")
    origin = f"{vendor['name']}/skc/{body['chain_id']}"
    need(body["origin"] == origin, "LICENSE_FIELD", "origin of another ledger")
    return {"chain": bytes.fromhex(body["chain_id"]), "daemon": base64url(body["daemon_key"]), "origin": origin,
            "leaf": base64url(body["genesis_leaf"]), "genesis": None, "host": bytes.fromhex(body["host"]["hash"]),
            "since": body["issued_at"], "auditors": body["terms"].get("auditor_allowed", False)}


def read_receipt(raw, vendor, site):
    fields = "vendor chain_id receipt_no head vendor_time nonce issuer"
    body = open_issued(raw, "receipt", fields, "vendor_time", vendor)
    need(body["chain_id"] == site["chain"].hex(), "RECEIPT_WRONG_CHAIN", "a receipt for another ledger")
    size, root = open_head(body["head"].encode(), site["origin"], site["daemon"])
    return {"no": body["receipt_no"], "size": size, "root": root, "nonce": base64url(body["nonce"]),
            "time": body["vendor_time"], "raw": raw}


# --- ledger.md, "Block" --------------------------------------------------------------------------


class Block:
    def __init__(self, raw, ext_len, ct_len):
        self.raw, self.header = raw, raw[:144]
        (self.type, self.chain, self.index, self.segment, self.position, self.prev, self.events_root,
         self.siv) = struct.unpack(">5xB2x16sQII32s32s32s8x", self.header)
        self.ext, self.ct = raw[144 : 144 + ext_len], raw[144 + ext_len : 144 + ext_len + ct_len]
        tags = 144 + ext_len + ct_len
        self.tagged, self.tag, self.self_tag = raw[:tags], raw[tags : tags + 32], raw[tags + 32 :]
        self.leaf = sha256(b"\0", self.header, sha256(raw[144:]))

    def wraps(self):
        """The auditors of a SEGMENT block: key id, enc and ciphertext of each."""
        entries = [self.ext[at : at + 88] for at in range(105, len(self.ext), 88)]
        return [(entry[:8], entry[8:40], entry[40:]) for entry in entries]

    def readers(self):
        return [kid.hex() for kid, _, _ in self.wraps()]

    def row(self):
        """What a directory row of this SEGMENT block says."""
        return Row(self.segment, self.index, *(self.ext[i : i + 32] for i in (8, 40, 72)))


class Row:
    def __init__(self, segment, index, enc, read_commit, handoff):
        self.segment, self.index, self.enc, self.read_commit, self.handoff = segment, index, enc, read_commit, handoff

    def __eq__(self, other):
        return vars(self) == vars(other)


def parse_block(read):
    """One block from a reader of n bytes; every length is judged before the bytes it speaks of are read."""
    header = read(144)
    need(header[:4] == b"SKB1", "MALFORMED", "no block where one must begin")
    version, kind, suite, flags = header[4:8]
    need(version >= 1 and suite >= 1, "DOWNGRADE", "a block of an older format")
    need(version == 1 and 1 <= kind <= 8 and suite == 1 and flags == 0, "UNSUPPORTED", "a block of another format")
    index, segment, position = struct.unpack(">QII", header[24:40])
    ext_len, ct_len = struct.unpack(">II", header[136:144])
    need(index < 2**48 and position < 1024, "LIMIT_EXCEEDED", "index or position of a block")
    need(ext_len <= 1024 and ct_len <= 65_552, "LIMIT_EXCEEDED", "length of a block")
    need(ct_len >= 16, "MALFORMED", "too short a ciphertext")
    need((kind == SEGMENT) == (position == 0), "MALFORMED", "position 0 is the SEGMENT block's")
    need((kind == SEGMENT) == (ext_len > 0), "MALFORMED", "an extension is the SEGMENT block's")
    place = segment <= index and position <= index and (segment > 0 or position == index)
    need(place and (index > 0 or header[40:72] == ZERO32), "MALFORMED", "an impossible place")
    body = read(ext_len + ct_len + (64 if kind == SEGMENT else 32))
    if kind == SEGMENT:
        need(ext_len >= 105, "MALFORMED", "a short extension")
        need(body[104] <= 8, "LIMIT_EXCEEDED", "more than 8 auditors")
        need(ext_len == 105 + 88 * body[104], "MALFORMED", "length of an extension")
    return Block(header + body, ext_len, ct_len)


def parse_one_block(raw):
    reader = Reader(raw)
    block = parse_block(reader.take)
    need(reader.at == len(raw), "MALFORMED", "bytes behind the genesis block")
    return block


class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, length):
        need(self.at + length <= len(self.raw), "MALFORMED", "the file ends inside a field")
        self.at += length
        return self.raw[self.at - length : self.at]

    def unpack(self, layout):
        values = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return values[0] if len(values) == 1 else values


# --- ledger.md, "Payloads" -----------------------------------------------------------------------


class NotCanonical(Exception):
    """A plaintext outside the CBOR profile, or outside its table."""


def cbor(raw):
    """Strict: whatever would not come out the same when encoded again is refused while reading."""
    value, end = cbor_item(raw, 0, 0)
    if end != len(raw):
        raise NotCanonical("bytes behind the payload")
    return value


def cbor_item(raw, at, deep):
    try:
        major, low = raw[at] >> 5, raw[at] & 31
        if major == 7:
            return {20: False, 21: True, 22: None}[low], at + 1
        at, number = at + 1, low
        if low > 23:
            size = {24: 1, 25: 2, 26: 4, 27: 8}[low]
            number = int.from_bytes(raw[at : at + size], "big")
            if len(raw) < at + size or number < (24 if size == 1 else 1 << (4 * size)):
                raise NotCanonical("not the shortest form")
            at += size
    except (IndexError, KeyError):
        raise NotCanonical("not in the profile") from None
    if major < 2:
        if number > 2**53 - 1 - major:
            raise NotCanonical("a number out of range")
        return (-1 - number if major else number), at
    if major in (2, 3):
        part = raw[at : at + number]
        if len(part) != number:
            raise NotCanonical("a string beyond the end")
        try:
            return (part.decode() if major == 3 else part), at + number
        except UnicodeDecodeError:
            raise NotCanonical("not UTF-8") from None
    if major == 6 or deep == 8 or number > len(raw):
        raise NotCanonical("a tag, too deep, or too long")
    if major == 4:
        items = []
        for _ in range(number):
            item, at = cbor_item(raw, at, deep + 1)
            items.append(item)
        return items, at
    pairs, last = {}, -1
    for _ in range(number):
        key, at = cbor_item(raw, at, deep + 1)
        if type(key) is not int or not last < key <= 23:
            raise NotCanonical("keys of a map")
        pairs[key], at = cbor_item(raw, at, deep + 1)
        last = key
    return pairs, at


def whole(low=0):
    return lambda value: type(value) is int and value >= low


def one_of(*values):
    return lambda value: any(value is each or (type(value) is int and value == each) for each in values)


def size_of(length):
    return lambda value: isinstance(value, bytes) and len(value) == length


def maybe(rule):
    return lambda value: value is None or rule(value)


def is_text(value):
    return (isinstance(value, str) and 1 <= len(value.encode("utf-16-le")) // 2 <= 128
            and not any(unicodedata.category(c) in ("Cc", "Cf", "Cn", "Cs", "Co") for c in value))


def is_name(value):
    return isinstance(value, str) and re.fullmatch("[!-~]{1,64}", value) is not None


def is_denials(value):
    pairs = isinstance(value, list) and all(isinstance(p, list) and len(p) == 2 for p in value)
    return pairs and all(is_name(r) and N(n) for r, n in value) and is_rising([r for r, _ in value])


def is_rising(names):
    return all(a < b for a, b in zip(names, names[1:]))


def is_predecessor(value):
    return isinstance(value, list) and len(value) == 3 and size_of(16)(value[0]) and whole(1)(value[1]) and \
        size_of(32)(value[2])


def is_clock(value):
    return matches(value, META[2:8])


N, ID16, B32, BOOL = whole(), size_of(16), size_of(32), lambda value: isinstance(value, bool)
META = [N, N, N, N, is_text, N, maybe(N), maybe(whole(-(2**53))), one_of(0, 1), N]
META_TRAIL = [*META, B32]
FEATURE = [one_of(1), is_name, N, N, N, N, N, is_denials, N, N, N]
FEATURE_BORROWED = [*FEATURE, N, maybe(N), N, N]
METER = [one_of(2, 3), is_name, N, N, N]
NAMING = [one_of(4), is_name, N, N]
ENTRIES = {
    1: [whole(1), one_of(1), is_name, N, is_text, ID16, N, BOOL],
    2: [whole(1), one_of(2), is_name, N, is_text, ID16, N, one_of(1, 2, 3, 4, 5), N],
    3: [whole(1), one_of(3), is_name, None, is_text, None, N, is_name],
    4: [whole(1), one_of(4), is_name, N, is_text, None, N, N, B32],
    5: [None, one_of(5), is_name, None, None, None, None, None, N],
    6: [whole(1), one_of(6), is_name, N, is_text, None, N, N, B32],
    7: [whole(1), one_of(7), is_name, N, is_text, ID16, N, N],
    8: [whole(1), one_of(8), is_name, None, is_text, None, N, one_of(1, 2)],
}
PAYLOADS = {
    SEGMENT: [N, N, one_of(0, 1, 2, 3)],
    RECEIPT: [lambda note: isinstance(note, str), N, N, B32],
    EXPORT: [N, N, maybe(N), maybe(B32), N, B32],
    INCIDENT: [is_text, maybe(B32), N, N],
    START: [is_text, is_text, BOOL, N, maybe(is_text), maybe(is_text), maybe(BOOL), one_of(None), N, B32],
    HEARTBEAT: [is_clock, N, N],
    CLOSE: [N],
}
GENESIS = [is_text, B32, is_text, N, B32, maybe(is_predecessor)]


def matches(value, table):
    """A map with exactly the keys that the table has rules for."""
    rules = {key: rule for key, rule in enumerate(table) if rule is not None}
    return isinstance(value, dict) and value.keys() == rules.keys() and all(rules[k](value[k]) for k in rules)


def is_total(entry):
    """One feature's or meter's, or a list's of named users. The fields about borrowing are there only when they say something."""
    if matches(entry, FEATURE_BORROWED):
        return entry[11] + entry[13] + entry[14] > 0 and (entry[11] == 0) == (entry[12] is None)
    return any(matches(entry, table) for table in (FEATURE, METER, NAMING))


def check_checkpoint(value):
    """Meta and entries of a checkpoint, in their tables and their order."""
    good = isinstance(value, list) and value and (matches(value[0], META) or matches(value[0], META_TRAIL))
    if not good or (value[0][0] == 0) != (value[0][1] == 0):
        raise NotCanonical("meta of a checkpoint")
    meta, entries = value[0], value[1:]
    if meta[8] == 0:
        order = [(e.get(0), e.get(1)) for e in entries if isinstance(e, dict)]
        good = len(order) == len(entries) and all(map(is_total, entries))
        if not good or not is_rising(order):
            raise NotCanonical("totals of a checkpoint")
        return
    if not all(isinstance(e, dict) and matches(e, ENTRIES.get(e.get(1), [])) for e in entries):
        raise NotCanonical("events of a checkpoint")
    events, opened = entries[: meta[1]], [e[2] for e in entries[meta[1] :]]
    if [e.get(0) for e in events] != list(range(meta[0], meta[0] + meta[1])) or not is_rising(opened) or \
            any(e[1] != 5 for e in entries[meta[1] :]):
        raise NotCanonical("order of events")


def open_payload(block, r):
    """Decrypts, compares the synthetic IV, and reads strictly."""
    key = expand(derive(r, b"enc"), b"skc1/blk\0" + block.siv, 32)
    try:
        plain = ChaCha20Poly1305(key).decrypt(bytes(12), block.ct, block.header + block.ext)
    except InvalidTag:
        raise NotCanonical("the ciphertext does not open") from None
    pub = block.header[:104] + ZERO32 + block.header[136:]
    siv = mac(derive(r, b"siv"), struct.pack(">I", 144), pub, struct.pack(">I", len(block.ext)), block.ext, plain)
    if siv != block.siv:
        raise NotCanonical("another synthetic IV")
    payload = cbor(plain)
    if block.type == CHECKPOINT:
        check_checkpoint(payload)
    elif block.type == HEARTBEAT and matches(payload, [*PAYLOADS[HEARTBEAT], B32]):
        pass
    elif not matches(payload, GENESIS if block.index == 0 else PAYLOADS[block.type]):
        raise NotCanonical("fields of the payload")
    return plain, payload


def entry_bytes(plain):
    """The encoded items of a checkpoint's array behind its meta, as they stand."""
    at = {24: 2, 25: 3, 26: 5}.get(plain[0] & 31, 1)
    spans = []
    while at < len(plain):
        end = cbor_item(plain, at, 1)[1]
        spans.append(plain[at:end])
        at = end
    return spans[1:]


def events_root(plain, r):
    blind = derive(r, b"blind")
    leaves = [sha256(b"\0", mac(blind, struct.pack(">I", j))[:16], entry) for j, entry in enumerate(entry_bytes(plain))]
    return tree_root(leaves) if leaves else ZERO32


# --- bundle.md, "Format" -------------------------------------------------------------------------


class Bundle:
    def __init__(self, raw, acked):
        need(len(raw) <= 2**31, "LIMIT_EXCEEDED", "the file is too large")
        need(raw[:4] == b"SKX1", "MALFORMED", "not a bundle")
        need(len(raw) >= 36 and sha256(raw[:-32]) == raw[-32:], "TRANSPORT_DAMAGED", "V0: the closing hash")
        reader = Reader(raw[4:-32])
        version = reader.unpack(">H")
        need(version >= 1, "DOWNGRADE", "an older format")
        need(version == 1, "UNSUPPORTED", "a newer format")
        self.chain, self.start, self.size = reader.unpack(">16sQQ")
        need(self.start < 2**48 and self.size < 2**48, "LIMIT_EXCEEDED", "an index")
        need(self.start < self.size, "MALFORMED", "it begins behind its end")
        need(self.size - acked <= 2_000_000, "LIMIT_EXCEEDED", "too many blocks at once")
        count = reader.unpack(">I")
        need(count <= self.size, "LIMIT_EXCEEDED", "more segments than blocks")
        self.rows = [Row(*reader.unpack(">IQ32s32s32s")) for _ in range(count)]
        rising = all(a.segment < b.segment and a.index < b.index for a, b in zip(self.rows, self.rows[1:]))
        need(rising and all(row.index < self.size for row in self.rows), "MALFORMED", "order of the directory rows")
        count = reader.unpack(">I")
        need(count <= self.size - self.start, "MALFORMED", "more blocks than it claims")
        self.blocks = [parse_block(reader.take) for _ in range(count)]
        need(all(self.start <= block.index < self.size for block in self.blocks), "MALFORMED", "index of a block")
        length = reader.unpack(">I")
        need(length <= 4096, "LIMIT_EXCEEDED", "length of the head")
        self.head = reader.take(length)
        self.root, self.tip = reader.unpack(">32s32s")
        need(reader.at == len(reader.raw), "MALFORMED", "bytes that belong to nothing")


# --- bundle.md, "Verification" -------------------------------------------------------------------


class Keys:
    """Both key chains of one segment, stepped forward from its seeds."""

    def __init__(self, start, seeds):
        self.start, self.seeds, self.at = start, seeds, (start + 1, *seeds)

    def of(self, index):
        """a and r of the block at this index: one of the segment, or the SEGMENT block after it."""
        at, a, r = self.at if self.at[0] <= index else (self.start + 1, *self.seeds)
        while at < index:
            at, a, r = at + 1, derive(a, b"next"), derive(r, b"next")
        self.at = (at, a, r)
        return a, r


class Verifier:
    """One ledger. Bundles are verified in the order they were written; leaves are remembered in between."""

    def __init__(self, site, secrets, receipts=(), now=None):
        self.site, self.secrets = site, secrets
        self.receipts = sorted(receipts, key=lambda receipt: receipt["no"])
        self.now = int(time.time() * 1000) if now is None else now
        # Leaves by index; what the blocks before an index say of the next event's id and of the site.
        self.leaves, self.next_event = {}, {0: 1}
        self.told = {0: {"receipt": None, "export": 0, "host": site["host"], "clock": None, "auditors": []}}

    def verify(self, raw, acked=None):
        """The report on one bundle. `acked` is the receipt up to which usage was counted before."""
        self.problems, self.findings, self.checked = [], [], []
        self.acked = acked or {"size": 0, "root": None, "no": 0}
        self.bundle, self.opened, self.unproven, self.missing_events = None, [], 0, []
        standing, self.head_ok = None, False
        try:
            self.bundle = bundle = Bundle(raw, self.acked["size"])
            self.passed("V0 closing hash", "V3 framing")
            self.site_and_places()
            self.lineage()
            self.content()
            self.ending()
            standing = self.history()
            self.journal()
        except Refused as refused:
            self.problem(refused.code, refused.why)
        return self.report(standing)

    def passed(self, *steps):
        self.checked.extend(steps)

    def problem(self, code, why, block=None):
        self.problems.append({"code": code, "why": why, **({} if block is None else {"block": block})})

    def finding(self, code, why, block):
        if self.fresh:  # of a block that was acknowledged before it was said then
            self.findings.append({"code": code, "why": why, "block": block.index})

    def site_and_places(self):
        """V1 to V4, and the limits that need to know the ledger."""
        bundle, genesis = self.bundle, self.site["genesis"]
        need(bundle.chain == self.site["chain"], "WRONG_CHAIN", "a bundle of another ledger")
        need(all(block.chain == bundle.chain for block in bundle.blocks), "WRONG_CHAIN", "a block of another ledger")
        first = bundle.blocks[0] if bundle.blocks and bundle.blocks[0].index == 0 else None
        if genesis is None and first is not None and first.leaf == self.site["leaf"]:
            genesis = self.site["genesis"] = first
        need(first is None or genesis is not None and first.raw == genesis.raw, "GENESIS_MISMATCH", "block 0")
        need(genesis is not None, "UNANCHORED", "block 0 is neither here nor in a request")
        need(all(row == genesis.row() for row in bundle.rows if row.segment == 0), "GENESIS_MISMATCH", "row 0")
        self.passed("V1 activation", "V2 block 0")
        days = max(0, self.now - self.site["since"]) // DAY
        most = bundle.size // 512 + 2 * days + len(self.receipts) + len(self.secrets) + 8
        numbers = [each.segment for each in bundle.rows + bundle.blocks]
        need(max(numbers, default=0) <= most, "LIMIT_EXCEEDED", "more segments than a ledger of this age has")
        for old, block in zip(bundle.blocks, bundle.blocks[1:]):
            start, same = block.index - block.position, block.segment == old.segment
            follows = start == old.index - old.position if same else start > old.index and block.segment > old.segment
            need(block.index > old.index and follows, "KEY_INDEX_MISMATCH", f"block {block.index} after {old.index}")
        self.passed(f"V4 places of {len(bundle.blocks)} blocks")

    def lineage(self):
        """V5: from segment to segment, as far as the hand-offs carry."""
        bundle, genesis = self.bundle, self.site["genesis"]
        rows = {row.segment: row for row in bundle.rows}
        heads = {block.segment: block for block in bundle.blocks if block.type == SEGMENT}
        self.keys = {0: Keys(0, self.open_segment(genesis.row(), genesis.ext[:8]))}
        blocks_end = max((block.segment for block in bundle.blocks), default=0)
        for number in range(1, max([blocks_end, *rows]) + 1):
            old, block = self.keys[number - 1], heads.get(number)
            candidates = [each for each in (block and block.row(), rows.get(number)) if each]
            good = [each for each in candidates if self.handed_over(old, each)]
            if candidates and len(good) < len(candidates) and (good or number > blocks_end):
                self.problem("TAMPERED", f"segment {number} is not handed over like this", candidates[0].index)
            if not good:
                if number <= blocks_end:
                    self.problem("UNANCHORED", f"nothing hands over segment {number}")
                elif max(rows) > number and number not in rows:
                    self.problem("TAMPERED", f"rows of segments after {number}, which does not exist")
                break
            # The hand-off does not cover the key id: it counts once the block's tag does.
            named = block is not None and good[0] == block.row() and self.tag_fits(block, old)
            self.keys[number] = Keys(good[0].index, self.open_segment(good[0], block.ext[:8] if named else None))
        self.passed(f"V5 hand-over of {len(self.keys)} segments")

    @staticmethod
    def tag_fits(block, keys):
        return hmac.compare_digest(mac(derive(keys.of(block.index)[0], b"mac"), block.tagged), block.tag)

    def handed_over(self, old, row):
        if not old.start < row.index <= old.start + 1024:
            return False
        fields = self.site["chain"] + struct.pack(">IQ", row.segment, row.index) + row.enc + row.read_commit
        return hmac.compare_digest(mac(derive(old.of(row.index)[0], b"handoff"), fields), row.handoff)

    def open_segment(self, row, kid):
        """The seeds; a row does not say to which key it is sealed, so every key is tried."""
        info = b"skc1/segment\0" + self.site["chain"] + struct.pack(">I", row.segment)
        secrets = list(self.secrets.values()) if kid is None else [self.secrets[kid]] if kid in self.secrets else []
        need(secrets, "UNKNOWN_SEALING_KEY", f"segment {row.segment} is sealed to another key")
        for secret in secrets:
            seeds = open_share(secret, row.enc, info)
            if seeds and mac(seeds[1], b"skc1/read-commit") == row.read_commit:
                return seeds
        code = "UNKNOWN_SEALING_KEY" if kid is None else "READ_COMMIT_MISMATCH"
        raise Refused(code, f"keys of segment {row.segment}")

    def content(self):
        """V6: every block whose key is known."""
        first = 0 if self.bundle.start > self.acked["size"] else self.bundle.start
        expected, last = self.next_event.get(first), first - 1
        hole = False
        for block in self.bundle.blocks:
            hole, last = hole or block.index != last + 1, block.index
            opened = self.proven(block)
            if opened is None:
                hole = True
                continue
            self.opened.append((block, opened))
            if block.type != CHECKPOINT or opened[0][1] == 0:
                self.next_event.setdefault(block.index + 1, expected)
                continue
            first, count = opened[0][0], opened[0][1]
            if expected is not None and first < expected:
                self.problem("EVENT_DUPLICATE", f"event {first} again", block.index)
            elif expected is not None and first > expected:
                self.missing_events.append([expected, first - 1])
                if not hole:
                    self.problem("EVENT_GAP", f"events {expected} to {first - 1} are nowhere", block.index)
            expected, hole = max(expected or 0, first + count), False
            self.next_event.setdefault(block.index + 1, expected)
        if self.unproven:
            self.problem("UNANCHORED", f"{self.unproven} blocks of segments whose keys are unknown")
        self.passed(f"V6 tags, links and payloads of {len(self.opened)} blocks")

    def proven(self, block):
        """The payload of an authentic block; whatever else it is, is said."""
        own = self.keys.get(block.segment)
        keys = self.keys.get(block.segment - (block.type == SEGMENT and block.index > 0))
        if own is None or keys is None:
            self.unproven += 1
            return None
        if own.start != block.index - block.position:
            self.problem("KEY_INDEX_MISMATCH", "place in its segment", block.index)
            return None
        if block.index == 0:
            r, good = derive(keys.seeds[1], b"genesis"), block.tag == ZERO32
        else:
            r, good = keys.of(block.index)[1], self.tag_fits(block, keys)
        if good and block.type == SEGMENT:
            good = hmac.compare_digest(mac(derive(own.seeds[0], b"seg"), block.tagged), block.self_tag)
        if good and block.index > 0:
            good = self.leaves.setdefault(block.index - 1, block.prev) == block.prev
        if not good:
            self.problem("TAMPERED", "tag or link", block.index)
            return None
        known = self.leaves.setdefault(block.index, block.leaf)
        if known != block.leaf:
            self.problem("FORK" if block.index < self.acked["size"] else "CLONE_SUSPECTED", "another block was seen here",
                         block.index)
        try:
            plain, payload = open_payload(block, r)
        except NotCanonical as wrong:
            self.problem("TAMPERED", str(wrong), block.index)
            return None
        if block.events_root != (events_root(plain, r) if block.type == CHECKPOINT else ZERO32):
            self.problem("EVENTS_ROOT_MISMATCH", "entries are not those of the header", block.index)
            return None
        return payload

    def ending(self):
        """V7 and V8: the tip, the root, the head; then what is missing before it."""
        bundle, size = self.bundle, self.bundle.size
        newest = max((number for number, keys in self.keys.items() if keys.start < size), default=0)
        leaf, keys = self.leaves.get(size - 1), self.keys[newest]
        tip = None
        if leaf is not None and size - keys.start <= 1024:
            end = self.site["chain"] + struct.pack(">Q", size) + leaf + bundle.root
            tip = mac(derive(keys.of(size)[0], b"tip"), end)
        if tip is None or not hmac.compare_digest(tip, bundle.tip):
            self.problem("TIP_INVALID", "the end of the ledger is not proven")
        else:
            self.passed("V7 tip")
            leaves = [self.leaves.get(index) for index in range(size)]
            if None in leaves:
                self.passed("V8 no root: leaves are missing")
            elif tree_root(leaves) != bundle.root:
                self.problem("ROOT_MISMATCH", "the blocks have another root than the proven one")
            else:
                self.passed("V8 root")
        try:
            head = open_head(bundle.head, self.site["origin"], self.site["daemon"])
            need(head == (size, bundle.root), "NOTE_HEAD", "another head than the bundle's")
            self.head_ok = True
            self.passed("V8 signature of the head")
        except Refused as refused:
            self.problem("BAD_CHECKPOINT_SIGNATURE", str(refused))
        here = {block.index for block in bundle.blocks}
        first = min(bundle.start, self.acked["size"])
        self.missing = [index for index in range(first, size) if index not in here and
                        (index >= self.acked["size"] or index >= bundle.start)]
        if self.missing:
            self.problem("BLOCKS_MISSING", f"{len(self.missing)} blocks")

    def history(self):
        """V9: where the bundle stands against the acknowledged head."""
        acked, bundle = self.acked, self.bundle
        if acked["size"] == 0:
            return "FIRST_VERIFIED"
        known = [self.leaves.get(index) for index in range(acked["size"])]
        root = bundle.root if bundle.size == acked["size"] else None if None in known else tree_root(known)
        if root is None:
            self.problem("EARLIER_NEEDED", "only the bundles before this one (--earlier) show what was acknowledged")
        elif root != acked["root"]:
            self.problem("FORK", "another history than the acknowledged one")
        else:
            self.passed(f"V9 the acknowledged root of {acked['size']} blocks")
        order = (bundle.size > acked["size"]) - (bundle.size < acked["size"])
        return {1: "EXTENDS", 0: "DUPLICATE", -1: "STALE"}[order]

    def journal(self):
        """V10: what the new blocks tell about the site."""
        start = 0 if self.bundle.start > self.acked["size"] else self.bundle.start
        unknown = {"receipt": "unknown", "export": 0, "host": None, "clock": None, "auditors": None}
        told, allowed = dict(self.told.get(start, unknown)), self.site.get("auditors", True)
        for block, payload in self.opened:
            self.fresh = block.index >= self.acked["size"]
            if block.type == SEGMENT:
                allowed = self.readers_of(block, told, allowed)
            elif block.type == INCIDENT:
                self.finding("INCIDENT", payload[0], block)
            elif block.type == START:
                if told["host"] not in (None, payload[9]):
                    self.finding("HOST_CHANGED", "a START block of another host", block)
                told["host"] = payload[9]
            elif block.type == RECEIPT:
                given = any(each["no"] == payload[1] and each["raw"] == payload[0].encode() for each in self.receipts)
                if not given or told["receipt"] not in (None, "unknown") and told["receipt"] >= payload[1]:
                    self.problem("RECEIPT_CONFLICT", f"receipt {payload[1]} was not given like this", block.index)
                told["receipt"] = payload[1]
            elif block.type == EXPORT:
                self.exported(block, payload, told)
            elif block.type in (CHECKPOINT, HEARTBEAT):
                base = 2 if block.type == CHECKPOINT else 0
                self.clocks(block, told["clock"], *(payload[0][base + key] for key in range(5)))
                told["clock"] = [payload[0][base + key] for key in (0, 2, 4)]
            self.told.setdefault(block.index + 1, dict(told))
        newest = self.opened[-1][0] if self.opened else None
        if newest and newest.type != EXPORT:
            self.finding("EXPORT_ABSENT", "no EXPORT block at the end", newest)
        if newest and self.receipts and told["receipt"] not in ("unknown", self.receipts[-1]["no"]):
            self.fresh = True
            self.finding("RECEIPT_PENDING", "the newest receipt has not reached the site", newest)
        self.passed(f"V10 {len(self.opened)} payloads")

    def readers_of(self, block, told, allowed):
        """Who else can read from a SEGMENT block on; that nobody may is said once."""
        readers = block.readers()
        if told["auditors"] not in (None, readers):
            self.finding("AUDITORS_CHANGED", f"auditors: {' '.join(readers) or 'none'}", block)
        told["auditors"] = readers
        if readers and self.fresh and not allowed:
            self.finding("AUDITOR_NOT_ALLOWED", "no license allows an auditor", block)
            return True
        return allowed

    def exported(self, block, payload, told):
        """An EXPORT block: its number, its place, its host, and the receipt that it must know."""
        nonce = next((each["nonce"] for each in self.receipts if each["no"] == told["receipt"]), None)
        if told["receipt"] != "unknown" and (payload[2], payload[3]) != (told["receipt"], nonce):
            self.problem("RECEIPT_CONFLICT", "the export does not carry the newest receipt", block.index)
        if told["host"] not in (None, payload[5]):
            self.problem("CLONE_SUSPECTED", "another host, and no START block says so", block.index)
        if payload[0] <= told["export"] or payload[1] != block.index:
            self.finding("EXPORT_NUMBER", f"export {payload[0]} after {told['export']}", block)
        told["export"] = payload[0]

    def clocks(self, block, before, wall, _, boot, believed, uptime):
        """Findings about the clocks in a checkpoint or heartbeat; `before` are wall, boot and uptime of the last one."""
        late = 5 * MINUTE
        if before and before[0] - wall > late:
            self.finding("CLOCK_BACK", f"{before[0] - wall} ms", block)
        if before and boot == before[1] and None not in (uptime, before[2]):
            jump = wall - before[0] - (uptime - before[2])
            if jump > late:
                self.finding("CLOCK_JUMP", f"{jump} ms", block)
        if believed - wall > late:
            self.finding("CLOCK_BEHIND", f"{believed - wall} ms", block)
        if wall - self.now > DAY:
            self.finding("CLOCK_AHEAD", f"{wall - self.now} ms", block)

    def report(self, standing):
        grave = [each["code"] for each in self.problems]
        if {each["code"] for each in self.findings} - {"AUDITORS_CHANGED", "EXPORT_ABSENT", "RECEIPT_PENDING"} and standing != "STALE":
            grave.append("VERIFIED_WITH_INCIDENTS")
        verdict = min(grave or [standing], key=VERDICTS.index)
        bundle = self.bundle
        return {
            "verdict": verdict, "standing": standing, "problems": self.problems, "findings": self.findings,
            "checked": self.checked,
            "claim": bundle and {"chain_id": bundle.chain.hex(), "from": bundle.start, "size": bundle.size,
                                 "blocks": len(bundle.blocks), "root": bundle.root.hex()},
            "head_signed": self.head_ok,
            "missing_blocks": getattr(self, "missing", []), "missing_events": self.missing_events,
            "figures": figures(self.opened, self.acked["size"]) if verdict in ACCEPTED else None,
        }


COUNTS = ("granted", "overdraft", "released", "expired", "revoked", "returned", "vendor_released", "borrowed")


def figures(opened, acked):
    """What the new blocks count, in both details."""
    blocks, features, meters, events = {}, {}, {}, 0

    def feature(name):
        empty = {**dict.fromkeys(COUNTS, 0), "denied": {}, "seat_ms": 0, "borrowed_until": None, "named": 0, "unnamed": 0}
        return features.setdefault(name, empty)

    def borrow(name, count, until):
        sums = feature(name)
        sums["borrowed"] += count
        sums["borrowed_until"] = max((each for each in (sums["borrowed_until"], until) if each is not None), default=None)

    def deny(name, reason, count):
        denied = feature(name)["denied"]
        denied[reason] = denied.get(reason, 0) + count

    def use(name, records, units, late):
        add(name, records=records, units=units, late=late)

    def give_back(name, records, units, late):
        add(name, refunds=records, refunded_units=units, late_refunds=late)

    def add(name, **counts):
        empty = {"records": 0, "units": 0, "late": 0, "refunds": 0, "refunded_units": 0, "late_refunds": 0}
        meter = meters.setdefault(name, empty)
        for field, value in counts.items():
            meter[field] += value

    for block, payload in opened:
        if block.index < acked:
            continue
        blocks[TYPES[block.type]] = blocks.get(TYPES[block.type], 0) + 1
        if block.type != CHECKPOINT:
            continue
        events += payload[0][1]
        for entry in payload[1:]:
            if payload[0][8] == 0 and entry[0] == 1:
                sums = feature(entry[1])
                for key, field in enumerate(COUNTS[:5], 2):
                    sums[field] += entry[key]
                if 11 in entry:
                    borrow(entry[1], entry[11], entry[12])
                    sums["returned"] += entry[13]
                    sums["vendor_released"] += entry[14]
                sums["seat_ms"] += entry[8]
                for reason, count in entry[7]:
                    deny(entry[1], reason, count)
            elif payload[0][8] == 0 and entry[0] == 4:
                feature(entry[1])["named"] += entry[2]
                feature(entry[1])["unnamed"] += entry[3]
            elif payload[0][8] == 0:
                (use if entry[0] == 2 else give_back)(entry[1], entry[2], entry[3], entry[4])
            elif entry[1] == 1:
                feature(entry[2])["granted"] += 1
                feature(entry[2])["overdraft"] += entry[7]
            elif entry[1] == 2:
                feature(entry[2])[COUNTS[1 + entry[7]]] += 1
                feature(entry[2])["seat_ms"] += entry[8]
            elif entry[1] == 7:
                borrow(entry[2], 1, entry[7])
            elif entry[1] == 3:
                deny(entry[2], entry[7], 1)
            elif entry[1] in (4, 6):
                (use if entry[1] == 4 else give_back)(entry[2], 1, entry[3], int(entry[7] < payload[0][9]))
            elif entry[1] == 8:
                feature(entry[2])[("named", "unnamed")[entry[7] - 1]] += 1
            else:
                feature(entry[2])["seat_ms"] += entry[8]
    return {"blocks": blocks, "events": events, "features": features, "meters": meters}


# --- ledger.md, "What an auditor checks" ----------------------------------------------------------


class Auditor:
    """Opens a bundle with an auditor's secret. There is no auth chain here: nothing of this can make a tag."""

    def __init__(self, secret, known=()):
        self.secret, self.own, self.known = secret, key_id(x25519_public(secret)), set(known)

    def read(self, raw):
        self.problems, self.opened, self.sealed, self.readers = [], [], [], []
        try:
            bundle = Bundle(raw, 0)
            self.blocks(bundle)
            self.ending(bundle)
        except Refused as refused:
            self.problem(refused.code, refused.why)
        if not self.opened and not self.problems:
            self.problem("NOTHING_READABLE", "no block is sealed for this key")
        return {"auditor": self.own.hex(), "opened": self.opened, "sealed": self.sealed, "readers": self.readers,
                "problems": self.problems}

    def problem(self, code, why, block=None):
        self.problems.append({"code": code, "why": why, **({} if block is None else {"block": block.index})})

    def blocks(self, bundle):
        rows = {row.index: row for row in bundle.rows}
        chain, event, hole = None, 1 if bundle.start == 0 else None, bundle.start > 0
        self.leaves, self.daemon, index = [], None, bundle.start
        for block in bundle.blocks:
            need(block.chain == bundle.chain, "WRONG_CHAIN", "a block of another ledger")
            need(block.index >= index, "KEY_INDEX_MISMATCH", "order of the blocks")
            if block.index > index:
                self.problem("BLOCKS_MISSING", f"blocks {index} to {block.index - 1}", block)
                hole, self.leaves = True, None
            elif self.leaves and self.leaves[-1] != block.prev:
                self.problem("HASH_CHAIN_BROKEN", "it continues another block", block)
            if self.leaves is not None:
                self.leaves.append(block.leaf)
            index = block.index + 1
            r = self.key_of(block, chain)
            if block.type == SEGMENT:
                seed = self.entered(block, rows.get(block.index))
                chain = seed and (block.segment, block.index + 1, seed)
                r = seed and derive(seed, b"genesis") if block.index == 0 else r
            payload = r and self.content(block, r)
            if payload is None:
                hole = True
            elif block.type == CHECKPOINT and payload[0][1]:
                first, count = payload[0][0], payload[0][1]
                if event is not None and first != event and (first < event or not hole):
                    self.problem("EVENT_DUPLICATE" if first < event else "EVENT_GAP", f"event {first}", block)
                event, hole = max(event or 0, first + count), False
        if index < bundle.size:
            self.problem("BLOCKS_MISSING", f"blocks {index} to {bundle.size - 1}")
            self.leaves = None

    def key_of(self, block, chain):
        """The read key of a place, stepped forward from the seed of its segment."""
        number = block.segment - (block.type == SEGMENT)
        if chain is None or block.index == 0 or chain[0] != number:
            return None
        _, at, key = chain
        if block.type != SEGMENT and block.index - at + 1 != block.position:
            self.problem("KEY_INDEX_MISMATCH", "not at its segment's place", block)
            return None
        for _ in range(block.index - at):
            key = derive(key, b"next")
        return key

    def entered(self, block, row):
        """The list of readers, and the read seed if this auditor is among them."""
        readers = block.readers()
        before = self.readers[-1][1] if self.readers else []
        if not self.readers or before != readers:
            self.readers.append([block.segment, readers])
            if self.own.hex() in before and self.own.hex() not in readers:
                self.problem("AUDITOR_LEFT_OUT", "nothing is sealed for this auditor any more", block)
            for kid in sorted(set(readers) - self.known - {self.own.hex()} - set(before)):
                self.problem("READER_UNKNOWN", f"{kid} can read too", block)
        if row is not None and row != block.row():
            self.problem("TAMPERED", "the directory row is not what the block says", block)
        info = b"skc1/segment\0" + block.chain + struct.pack(">I", block.segment)
        for kid, enc, ct in block.wraps():
            seed = open_wrap(self.secret, enc, ct, info) if kid == self.own else None
            if kid == self.own and seed is None:
                self.problem("WRAP_UNREADABLE", "the share is not for this key", block)
            elif kid == self.own and mac(seed, b"skc1/read-commit") != block.row().read_commit:
                self.problem("READ_COMMIT_MISMATCH", "the auditor is given other keys than the vendor", block)
            elif kid == self.own:
                return seed
        return None

    def content(self, block, r):
        try:
            plain, payload = open_payload(block, r)
        except NotCanonical as wrong:
            self.problem("TAMPERED", str(wrong), block)
            return None
        if block.events_root != (events_root(plain, r) if block.type == CHECKPOINT else ZERO32):
            self.problem("EVENTS_ROOT_MISMATCH", "entries are not those of the header", block)
            return None
        if block.index == 0:
            self.daemon = (payload[2], payload[1])
        self.opened.append([block.index, plain.hex()])
        return payload

    def ending(self, bundle):
        opened = {index for index, _ in self.opened}
        self.sealed = [block.index for block in bundle.blocks if block.index not in opened]
        if bundle.start == 0 and self.leaves is not None and tree_root(self.leaves) != bundle.root:
            self.problem("ROOT_MISMATCH", "the blocks have another root")
        if self.daemon is None:
            return
        try:
            need(open_head(bundle.head, *self.daemon) == (bundle.size, bundle.root), "NOTE_HEAD", "another head")
        except Refused as refused:
            self.problem("BAD_CHECKPOINT_SIGNATURE", str(refused))


# --- command line --------------------------------------------------------------------------------


def read_file(path, most=2**31 + 1):
    with open(path, "rb") as file:
        return file.read(most)


def read_secret(args):
    """32 raw bytes, the same in hex, or a key file under a passphrase; from a path or a descriptor."""
    raw = os.read(args.key_fd, 4096) if args.key is None else read_file(args.key, 4096)
    if raw.startswith(b"seatkeeper key file"):
        need(args.passphrase_file, "KEY_FILE_PASSPHRASE", "a key file needs --passphrase-file")
        words = read_file(args.passphrase_file, 4096).decode().split("\n")[0]
        return open_key_file(raw.decode(), words)
    if len(raw) != 32:
        raw = bytes.fromhex(raw.decode("ascii", "replace").strip())
    need(len(raw) == 32, "KEY_FILE_FORMAT", "a sealing key has 32 bytes")
    return raw


def activation(args, vendor):
    """V1: request and license, if both are there, speak of one ledger."""
    request = read_request(read_file(args.request), vendor) if args.request else None
    license_ = read_license(read_file(args.license), vendor) if args.license else None
    need(request or license_, "ACTIVATION", "--request or --license is needed")
    for field in ("chain", "daemon", "leaf") if request and license_ else ():
        need(request[field] == license_[field], "WRONG_LICENSE", f"{field} of license and request differ")
    if request and license_:
        request["auditors"] = license_["auditors"]
    return request or license_


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bundle")
    parser.add_argument("--vendor", help="*.skvendor")
    parser.add_argument("--root-key", help="the vendor's root key, base64url: what a site was told")
    parser.add_argument("--request", help="*.skreq, the activation request")
    parser.add_argument("--license", help="*.sklic")
    parser.add_argument("--receipt", action="append", default=[], help="*.skrcpt, every receipt given; may be repeated")
    parser.add_argument("--earlier", action="append", default=[], help="an earlier bundle, the oldest first")
    parser.add_argument("--now", type=int, help="the vendor's clock, ms since 1970")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--key", help="sealing key: *.skkey, or 32 bytes, raw or in hex")
    key.add_argument("--key-fd", type=int)
    key.add_argument("--auditor-key", help="an auditor's private key: what it reads, and nothing of the vendor's checks")
    parser.add_argument("--known", action="append", default=[], help="key id of another auditor that may be there")
    parser.add_argument("--passphrase-file")
    return parser


def verify_files(args):
    """The report on the files of a command line."""
    try:
        vendor = read_vendor(read_file(args.vendor), args.root_key and base64url(args.root_key))
        site = activation(args, vendor)
        secret = read_secret(args)
        receipts = [read_receipt(read_file(path), vendor, site) for path in args.receipt]
        verifier = Verifier(site, {key_id(x25519_public(secret)): secret}, receipts, args.now)
        for path in args.earlier:
            earlier = verifier.verify(read_file(path))
            need(earlier["verdict"] in ACCEPTED, earlier["verdict"], f"the earlier bundle {path} does not verify")
        return verifier.verify(read_file(args.bundle), verifier.receipts[-1] if receipts else None)
    except Refused as refused:
        return {"verdict": refused.code, "problems": [{"code": refused.code, "why": refused.why}]}


def audit_file(args):
    """What an auditor's key opens of a bundle."""
    try:
        words = args.passphrase_file and read_file(args.passphrase_file, 4096).decode().split("\n")[0]
        secret = open_auditor_key(read_file(args.auditor_key, 4096).decode(), words)
    except Refused as refused:
        return {"problems": [{"code": refused.code, "why": refused.why}]}
    return Auditor(secret, args.known).read(read_file(args.bundle))


def main():
    parser = arguments()
    args = parser.parse_args()
    try:
        if args.auditor_key:
            report = audit_file(args)
            print(json.dumps(report, indent=2))
            return 3 if report["problems"] else 0
        if not args.vendor:
            parser.error("--vendor is needed")
        report = verify_files(args)
    except (OSError, ValueError) as wrong:
        parser.error(str(wrong))
    print(json.dumps(report, indent=2))
    return 0 if report["verdict"] in ACCEPTED else 3


if __name__ == "__main__":
    sys.exit(main())
