#!/usr/bin/env python3
"""Makes ed25519-edge.json beside it: keys and signatures where implementations of Ed25519 are known
to differ, each with the one verdict of docs/spec/note.md."""

import hashlib
import json
import pathlib

from curve25519 import BASE, L, NEUTRAL, P, add, challenge, encode, multiply, recover_x, scalar

CASES = []


def case(claim, public, message, signature, accepted=False):
    CASES.append(
        {
            "claim": claim,
            "publicKey": public.hex(),
            "message": message.hex(),
            "signature": signature.hex(),
            "accepted": accepted,
        }
    )


def torsion():
    """The eight points of small order, as multiples of one of order 8."""
    y = 2
    while True:
        x = recover_x(y, 0)
        point = multiply(L, (x, y)) if x is not None else NEUTRAL
        if multiply(4, point) != NEUTRAL:
            return [multiply(count, point) for count in range(8)]
        y += 1


def raw(y, sign):
    return (y | sign << 255).to_bytes(32, "little")


def message_with(public, encoded_r, wanted):
    """A message whose challenge is as wanted: then torsion parts vanish, or do not."""
    number = 0
    while True:
        message = b"message %d" % number
        if wanted(challenge(encoded_r, public, message)):
            return message
        number += 1


def fixed(name):
    return int.from_bytes(hashlib.sha512(name).digest(), "little") % L


T = torsion()
a, r = fixed(b"edge a"), fixed(b"edge r")
A, R = multiply(a, BASE), multiply(r, BASE)
KEY, ENC_R = encode(A), encode(R)
MESSAGE = b"seatkeeper"
S = (r + challenge(ENC_R, KEY, MESSAGE) * a) % L
HONEST = ENC_R + scalar(S)
NOT_A_POINT = raw(next(y for y in range(2, 99) if recover_x(y, 0) is None), 0)

case("an honest signature", KEY, MESSAGE, HONEST, True)
case("S plus the group order", KEY, MESSAGE, ENC_R + scalar(S + L))
case("S with its highest bit set", KEY, MESSAGE, ENC_R + scalar(S | 1 << 255))

for number, point in enumerate(T):
    key = encode(point)
    message = message_with(key, ENC_R, lambda h: h % 8 == 0)
    case(f"a public key of small order, number {number}", key, message, ENC_R + scalar(r))
for name, key in [
    ("zero as p", raw(P, 0)),
    ("one as p + 1", raw(P + 1, 0)),
    ("one with the sign of a negative x", raw(1, 1)),
    ("minus one with the sign of a negative x", raw(P - 1, 1)),
    ("zero as p, negative", raw(P, 1)),
]:
    message = message_with(key, ENC_R, lambda h: h % 8 == 0)
    case(f"a public key that encodes {name}", key, message, ENC_R + scalar(r))
case("a public key that encodes 18 as p + 18", raw(P + 18, 0), MESSAGE, HONEST)

for number, point in enumerate(T):
    s = challenge(encode(point), KEY, MESSAGE) * a % L
    case(f"an R of small order, number {number}", KEY, MESSAGE, encode(point) + scalar(s))
for name, encoded in [
    ("one as p + 1", raw(P + 1, 0)),
    ("one with the sign of a negative x", raw(1, 1)),
]:
    s = challenge(encoded, KEY, MESSAGE) * a % L
    case(f"an R that encodes {name}", KEY, MESSAGE, encoded + scalar(s))

for number in (1, 4):
    mixed = encode(add(R, T[number]))
    s = (r + challenge(mixed, KEY, MESSAGE) * a) % L
    claim = f"an R with a torsion part, right only times the cofactor, number {number}"
    case(claim, KEY, MESSAGE, mixed + scalar(s))

for number, order in ((1, 8), (4, 2)):
    key = encode(add(A, T[number]))
    for claim, accepted, wanted in [
        ("right only times the cofactor", False, lambda h, order=order: h % order != 0),
        ("right without the cofactor", True, lambda h: h % 8 == 0),
    ]:
        message = message_with(key, ENC_R, wanted)
        s = (r + challenge(ENC_R, key, message) * a) % L
        full = f"a key with a torsion part, {claim}, number {number}"
        case(full, key, message, ENC_R + scalar(s), accepted)
    mixed, message = next(
        (encode(add(R, other)), message)
        for message in (b"message %d" % index for index in range(999))
        for other in T[1:]
        if add(other, multiply(challenge(encode(add(R, other)), key, message), T[number])) == NEUTRAL
    )
    s = (r + challenge(mixed, key, message) * a) % L
    claim = f"torsion in key and R that cancels, number {number}"
    case(claim, key, message, mixed + scalar(s), True)

case("a public key that is no point of the curve", NOT_A_POINT, MESSAGE, HONEST)
case("an R that is no point of the curve", KEY, MESSAGE, NOT_A_POINT + scalar(S))
case("a public key one byte short", KEY[:31], MESSAGE, HONEST)
case("a public key one byte long", KEY + b"\0", MESSAGE, HONEST)
case("a signature one byte short", KEY, MESSAGE, HONEST[:63])
case("a signature one byte long", KEY, MESSAGE, HONEST + b"\0")
case("nothing at all", b"", MESSAGE, b"")
case("another message", KEY, b"Seatkeeper", HONEST)

lines = ",\n".join(" " + json.dumps(entry) for entry in CASES)
target = pathlib.Path(__file__).with_name("ed25519-edge.json")
target.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
