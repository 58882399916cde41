#!/usr/bin/env python3
"""Makes the signed notes under notes/ beside it: the examples of docs/spec/note.md and
docs/spec/license.md."""

import base64
import hashlib
import json
import pathlib

from curve25519 import expand, sign, x25519

VENDOR = "acme.example"
NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
FROM = 1_767_225_600_000  # 2026-01-01T00:00:00Z
UNTIL = 1_830_297_600_000  # 2028-01-01T00:00:00Z


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def seed(name):
    return sha256(b"seatkeeper vector ", name.encode())


def some_id(name):
    return seed(name).hex()[:32]


def public(name):
    return expand(seed(name))[2]


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def note(text, key_name, signer):
    key_id = sha256(key_name.encode(), b"\n\x01", public(signer))[:4]
    return f"{text}\n— {key_name} {b64(key_id + sign(seed(signer), text.encode()))}\n"


def json_note(kind, body, key_name, signer, pretty):
    layout = {"indent": 2} if pretty else {"separators": (",", ":")}
    body_text = json.dumps(body, ensure_ascii=False, **layout)
    return note(f"seatkeeper {kind} v1\n{body_text}\n", key_name, signer)


CHAIN = some_id("chain")
ORIGIN = f"{VENDOR}/skc/{CHAIN}"
GENESIS = b"SKB1 stand-in for a genesis block"
LEAF = sha256(b"\0", GENESIS)
HOST = {"hash": seed("host").hex(), "parts": ["machine-id"]}
SEALING = x25519(seed("sealing"))
SEALING_ID = sha256(b"skc1/kid\0", SEALING)[:8].hex()


def feature(name, seats, **others):
    neutral = {
        "name": name,
        "seats": seats,
        "version_max": None,
        "maintenance_until": None,
        "starts_at": None,
        "expires_at": None,
        "grace_days": 0,
        "share": "none",
        "tokens": None,
        "borrow": None,
        "overdraft_seats": 0,
        "linger": 0,
        "min_lease": 0,
        "lease_time": 90_000,
        "offline_grace": 0,
        "release_on_disconnect": False,
        "named_users": None,
    }
    return {**neutral, **others}


TERMS = {
    "site": "Example Studio",
    "not_before": None,
    "not_after": None,
    "features": [
        feature("cad.pro", 3, expires_at=1_801_440_000_000, grace_days=14, offline_grace=900_000),
        feature("sim.solver", 1),
    ],
    "pools": [],
    "meters": [
        {
            "name": "render.minutes",
            "unit": "minutes",
            "quota": 10_000,
            "period": "month",
            "overdraft": "deny",
            "late_limit": 604_800_000,
            "refunds": False,
        }
    ],
    "sealing": {"mode": "scheduled", "max_interval": 600_000},
    "detail": "totals",
    "report": {"interval_days": 30, "grace_days": 10},
    "clock_policy": "flag",
    "witness_policy": "flag",
    "policy_grace_days": 0,
    "auditor_allowed": False,
    "emergency_days": 0,
    "standby_hosts": [],
    "min_format": 1,
}

issuer = json_note(
    "issuer",
    {
        "vendor": VENDOR,
        "key": b64url(public("issuing")),
        "not_before": FROM,
        "not_after": UNTIL,
    },
    VENDOR,
    "root",
    pretty=False,
)
vendor = json_note(
    "vendor",
    {
        "name": VENDOR,
        "root_key": b64url(public("root")),
        "sealing_keys": [
            {"kid": SEALING_ID, "key": b64url(SEALING), "not_before": FROM, "not_after": None}
        ],
        "issuers": [issuer],
        "created_at": NOON,
    },
    VENDOR,
    "root",
    pretty=True,
)
head = note(f"{ORIGIN}\n1\n{b64(LEAF)}\n", ORIGIN, "daemon")
request = json_note(
    "request",
    {
        "vendor": VENDOR,
        "chain_id": CHAIN,
        "daemon_key": b64url(public("daemon")),
        "genesis_block": b64url(GENESIS),
        "head": head,
        "host": HOST,
        "product": {"name": "seatkeeper", "version": "0.1.0"},
        "created_at": NOON,
    },
    ORIGIN,
    "daemon",
    pretty=True,
)
daemon_key = json_note(
    "daemon-key",
    {
        "vendor": VENDOR,
        "chain_id": CHAIN,
        "daemon_key": b64url(public("next daemon")),
        "created_at": NOON,
    },
    ORIGIN,
    "daemon",
    pretty=False,
)
license_note = json_note(
    "license",
    {
        "license_id": some_id("license"),
        "vendor": VENDOR,
        "issued_at": NOON,
        "chain_id": CHAIN,
        "genesis_leaf": b64url(LEAF),
        "daemon_key": b64url(public("daemon")),
        "origin": ORIGIN,
        "host": HOST,
        "sealing_key": SEALING_ID,
        "suite": 1,
        "terms": TERMS,
        "issuer": issuer,
    },
    f"{VENDOR}/issuer",
    "issuing",
    pretty=True,
)


def lease_body(suffix=""):
    return {
        "chain_id": CHAIN,
        "lease_id": some_id("lease" + suffix),
        "feature": "cad.pro",
        "version": "2027.1",
        "count": 1,
        "client_key": b64url(public("client")),
        "instance_id": some_id("instance"),
        "nonce": b64url(seed("nonce" + suffix)),
        "lease_time": 90_000,
        "offline_grace": 900_000,
        "borrow_until": None,
        "head_size": 1,
        "issued_at": NOON,
    }


lease = json_note("lease", lease_body(), ORIGIN, "daemon", pretty=False)


def tree_hash(leaves):
    """RFC 6962, section 2.1, over leaves that are hashed already."""
    if len(leaves) == 1:
        return leaves[0]
    left = split(len(leaves))
    return sha256(b"\1", tree_hash(leaves[:left]), tree_hash(leaves[left:]))


def split(size):
    return 1 << (size - 1).bit_length() - 1


def audit_path(index, leaves):
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    left = split(len(leaves))
    if index < left:
        return [*audit_path(index, leaves[:left]), tree_hash(leaves[left:])]
    return [*audit_path(index - left, leaves[left:]), tree_hash(leaves[:left])]


def group(texts, key_name, signer):
    """note.md, "Group signatures"."""
    context = b"seatkeeper/group/v1\0"
    key_id = sha256(key_name.encode(), b"\n\xff", context, public(signer))[:4]
    leaves = [sha256(b"\0", text.encode()) for text in texts]
    size = len(texts).to_bytes(4, "big")
    signature = sign(seed(signer), context + size + tree_hash(leaves))
    for index, text in enumerate(texts):
        path = b"".join(audit_path(index, leaves))
        blob = key_id + signature + index.to_bytes(4, "big") + size + path
        yield f"{text}\n— {key_name} {b64(blob)}\n"


lease_texts = [
    f"seatkeeper lease v1\n{json.dumps(lease_body(suffix), separators=(',', ':'))}\n"
    for suffix in ("", " 1", " 2")
]
leases = list(group(lease_texts, ORIGIN, "daemon"))

borrow = json_note(
    "borrow",
    {
        "chain_id": CHAIN,
        "lease_id": some_id("lease"),
        "feature": "cad.pro",
        "version": "2027.1",
        "version_date": NOON - 86_400_000,
        "count": 1,
        "client_key": b64url(public("client")),
        "workstation": seed("workstation").hex(),
        "from": NOON,
        "until": NOON + 7 * 86_400_000,
    },
    ORIGIN,
    "daemon",
    pretty=False,
)
release = json_note(
    "borrow-release",
    {
        "vendor": VENDOR,
        "chain_id": CHAIN,
        "lease_id": some_id("lease"),
        "reason": "stolen on a train",
        "issued_at": NOON,
        "issuer": issuer,
    },
    f"{VENDOR}/issuer",
    "issuing",
    pretty=True,
)

revocations = json_note(
    "revocations",
    {
        "vendor": VENDOR,
        "number": 2,
        "issued_at": NOON,
        "issuers": [b64url(public("stolen"))],
        "licenses": [some_id("license")],
    },
    VENDOR,
    "root",
    pretty=False,
)

accepted = note(
    f"{ORIGIN}\n12\n{b64(seed('twelve blocks'))}\n",
    ORIGIN,
    "daemon",
)
supersede = json_note(
    "supersede",
    {
        "vendor": VENDOR,
        "chain_id": CHAIN,
        "number": 1_795_348_860,
        "accepted": accepted,
        "abandoned_up_to": 18,
        "abandoned": [{"size": 18, "root": b64url(seed("eighteen blocks"))}],
        "reason": "the server was put back to a snapshot",
        "issued_at": NOON,
        "issuer": issuer,
    },
    f"{VENDOR}/issuer",
    "issuing",
    pretty=True,
)

folder = pathlib.Path(__file__).with_name("notes")
for name, text in {
    "issuer.note": issuer,
    "vendor.skvendor": vendor,
    "head.note": head,
    "request.skreq": request,
    "daemon-key.note": daemon_key,
    "license.sklic": license_note,
    "lease.note": lease,
    "group-0.note": leases[0],
    "group-1.note": leases[1],
    "group-2.note": leases[2],
    "borrow.note": borrow,
    "borrow-release.skrelease": release,
    "revocations.note": revocations,
    "supersede.note": supersede,
}.items():
    (folder / name).write_bytes(text.encode())
