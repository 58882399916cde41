#!/usr/bin/python3
"""A client in another language: takes one seat, renews it, gives it back. Written from docs/spec alone.

    acquire_seat.py --server wss://localhost:7328 --vendor acme.example --root-key KEY --feature cad.pro

KEY is what `seatkeeper-vendor init` printed; an application compiles it in. Exit codes: 0 done, 1 denied or not
proven, 2 wrong usage. Needs Python 3.11 and python3-cryptography, for Ed25519. The WebSocket is written out here;
notes and licenses are read as in verify_bundle.py. The steps are those of docs/CLIENT.md, "In another language".
"""
import argparse
import base64
import getpass
import hashlib
import json
import os
import secrets
import select
import socket
import ssl
import struct
import sys
import time
import urllib.parse

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verify_bundle import (Refused, as_javascript, base64url, ed25519_ok, need, note_body, open_note, peek,
                           read_license, sha256, split_note)

SUBPROTOCOL = "seatkeeper.v1"
FRAME_BYTES = 8_388_608  # protocol.md, "Limits": DAEMON_FRAME_BYTES
GROUP = b"seatkeeper/group/v1\0"  # note.md, "Group signatures": context
DENIED = -32010


def text_of(raw):
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Denied(Exception):
    """The license or a rule of the site refuses."""


# --- RFC 6455, as much as a client needs ---------------------------------------------------------


class WebSocket:
    """Text messages over TLS. Whom it speaks to is for the caller to find out: see Session."""

    def __init__(self, url):
        server = urllib.parse.urlsplit(url)
        need(server.scheme in ("wss", "ws") and server.hostname, "SERVER_ADDRESS", f"not wss://host:7328: {url}")
        self.buffer = b""
        self.fingerprint = None
        self.socket = socket.create_connection((server.hostname, server.port or 7328), timeout=10)
        if server.scheme == "wss":
            # No certificate authority is asked: the daemon vouches for its certificate in the challenge.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=server.hostname)
            self.fingerprint = hashlib.sha256(self.socket.getpeercert(binary_form=True)).hexdigest()
        self.upgrade(server.netloc)

    def upgrade(self, host):
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = ["GET / HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Protocol: {SUBPROTOCOL}"]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self.buffer:
            need(len(self.buffer) < 16_384, "SERVER_PROTOCOL", "an answer without end")
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        need(status.startswith("HTTP/1.1 101"), "SERVER_PROTOCOL", status)
        answer = dict(field.lower().split(": ", 1) for field in fields if ": " in field)
        proof = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
        proven = answer.get("sec-websocket-accept") == base64.b64encode(proof).decode().lower()
        need(proven and answer.get("sec-websocket-protocol") == SUBPROTOCOL, "SERVER_PROTOCOL", "another protocol")

    def fill(self):
        more = self.socket.recv(65_536)
        need(more, "SERVER_CONNECTION_LOST", "the server has closed the connection")
        self.buffer += more

    def take(self, length):
        while len(self.buffer) < length:
            self.fill()
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken

    def send(self, opcode, payload):
        """One frame; a client masks what it sends."""
        size = len(payload)
        head = struct.pack(">BB", 0x80 | opcode, 0x80 | size) if size < 126 else (
            struct.pack(">BBH", 0x80 | opcode, 0xFE, size) if size < 65_536 else
            struct.pack(">BBQ", 0x80 | opcode, 0xFF, size))
        mask = secrets.token_bytes(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def receive(self):
        """The next text message; pings are answered on the way."""
        message = b""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            size = struct.unpack(">H", self.take(2))[0] if size == 126 else (
                struct.unpack(">Q", self.take(8))[0] if size == 127 else size)
            need(size + len(message) <= FRAME_BYTES, "SERVER_PROTOCOL", "a frame above the limit")
            payload, opcode = self.take(size), first & 0x0F
            if opcode == 9:
                self.send(10, payload)
            elif opcode == 8:
                raise Refused("SERVER_CONNECTION_LOST", "the server says goodbye")
            elif opcode in (0, 1):
                message += payload
                if first & 0x80:
                    return message.decode()

    def has_more(self, seconds):
        """Waits for something to read, at most so long."""
        pending = self.buffer or (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending())
        return bool(pending or select.select([self.socket], [], [], max(0, seconds))[0])

    def close(self):
        self.send(8, struct.pack(">H", 1000))
        self.socket.close()


# --- note.md, "Group signatures" -----------------------------------------------------------------


def open_lease(raw, name, public):
    """The text of a lease that the key has signed: alone, or together with others."""
    text, signatures = split_note(raw)
    own = sha256(name.encode(), b"\n\xff", GROUP, public)[:4]
    mine = [value for line, kid, value in signatures if (line, kid) == (name, own)]
    if not mine:
        return open_note(raw, name, public)
    need(all(group_ok(public, text.encode(), value) for value in mine), "NOTE_SIGNATURE", f"signature of {name}")
    return text


def group_ok(public, text, value):
    if len(value) < 72 or len(value) % 32 != 8:
        return False
    index, size = struct.unpack(">II", value[64:72])
    root = root_of(index, size, sha256(b"\0", text), [value[at:at + 32] for at in range(72, len(value), 32)])
    return root is not None and ed25519_ok(public, GROUP + struct.pack(">I", size) + root, value[:64])


def root_of(index, size, node, path):
    """RFC 9162, section 2.1.3.2: where the path leads from the leaf; None when it does not fit."""
    last = size - 1
    if index > last:
        return None
    for sibling in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            node = sha256(b"\1", sibling, node)
            while index and not index % 2:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


# --- protocol.md, "Handshake" --------------------------------------------------------------------


def client_key(path):
    """The key of this installation, made on first use and never sent anywhere. Whoever has it has our seats."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    with open(path, "rb") as file:
        return Ed25519PrivateKey.from_private_bytes(file.read())


class Session:
    """A connection to a daemon that the vendor has licensed."""

    def __init__(self, url, vendor, key, labels):
        self.wire, self.vendor, self.key = WebSocket(url), vendor, key
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.instance = secrets.token_hex(16)  # one for each running process
        self.last_id = 0
        self.greet(labels)

    def greet(self, labels):
        challenge = json.loads(self.wire.receive())
        need(challenge.get("method") == "challenge", "SERVER_PROTOCOL", "no challenge")
        note = challenge["params"]["note"].encode()
        # 1. signed by the key that it names
        self.daemon = base64url(peek(note, "daemon_key"))
        fields = "nonce protocols daemon_key certificate_fingerprint vendors"
        said = note_body(open_note(note, "seatkeeper/daemon", self.daemon), "challenge", fields)
        # 2. for the certificate that we really see
        need(said["certificate_fingerprint"] == self.wire.fingerprint, "SERVER_CERTIFICATE", "not the daemon's own")
        chains = [each["chain_id"] for each in said["vendors"] if each["name"] == self.vendor["name"]]
        need(chains, "SERVER_VENDOR", f"no licenses of {self.vendor['name']}")
        self.chain = chains[0]
        self.origin = f"{self.vendor['name']}/skc/{self.chain}"
        nonce = text_of(secrets.token_bytes(32))
        hello = {"challenge": said["nonce"], "daemon_key": said["daemon_key"], "chain_id": self.chain,
                 "certificate_fingerprint": self.wire.fingerprint, "client_key": text_of(self.public),
                 "instance_id": self.instance, "nonce": nonce}
        params = {"vendor": self.vendor["name"], "note": self.signed("hello", hello), "labels": labels}
        result = self.ask("hello", params)
        # 3. the same key, over our own nonce
        fields = "nonce head heartbeat_ms limits server_version"
        welcome = note_body(open_note(result["note"].encode(), self.origin, self.daemon), "welcome", fields)
        need(welcome["nonce"] == nonce, "SERVER_IDENTITY", "the welcome answers another hello")
        # 4. and a license of the vendor names that key and that ledger
        need(any(map(self.vouches, result["licenses"])), "SERVER_IDENTITY", "no license vouches for the server")

    def vouches(self, license):
        try:
            found = read_license(license.encode(), self.vendor)
        except Refused:
            return False
        return found["daemon"] == self.daemon and found["chain"].hex() == self.chain

    def signed(self, kind, body):
        text = f"seatkeeper {kind} v1\n{as_javascript(body, False)}\n"
        name = "seatkeeper/client"
        key_id = sha256(name.encode(), b"\n\1", self.public)[:4]
        signature = base64.b64encode(key_id + self.key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {name} {signature}\n"

    def ask(self, method, params):
        """The result of a request; what the daemon says of itself in between is shown."""
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.wire.send(1, json.dumps(request).encode())
        while True:
            answer = json.loads(self.wire.receive())
            if answer.get("id") != self.last_id:
                self.notified(answer)
            elif "result" in answer:
                return answer["result"]
            elif answer["error"]["code"] == DENIED:
                denial = answer["error"]["data"]
                raise Denied(f"{denial['feature']} denied: {denial['reason']}\nhint: {denial['hint']}")
            else:
                raise Refused(answer["error"]["data"]["code"], answer["error"]["message"])

    def notified(self, message):
        if message.get("method") == "lease.revoked":
            raise Denied(f"seat lost: {message['params']['reason']}\nhint: {message['params']['hint']}")

    # --- seats ---

    def acquire(self, feature):
        # The same key again is the same request: after a lost answer it is asked once more, and no second seat is taken.
        nonce, sent = text_of(secrets.token_bytes(32)), time.monotonic()
        key = secrets.token_hex(16)
        result = self.ask("seat.acquire", {"feature": feature, "key": key, "nonce": nonce})
        return self.proven(result["lease"], feature, nonce, sent)

    def renew(self, lease):
        nonce, sent = text_of(secrets.token_bytes(32)), time.monotonic()
        result = self.ask("seat.renew", {"leases": [lease["id"]], "nonce": nonce})
        for lost in result["lost"]:
            raise Denied(f"seat lost: {lost['reason']}\nhint: {lost['hint']}")
        return self.proven(result["leases"][0], lease["feature"], nonce, sent)

    def release(self, lease):
        self.ask("seat.release", {"lease": lease["id"]})

    def proven(self, lease, feature, nonce, sent):
        """A lease counts when the daemon has signed it for this request of this process."""
        fields = ("chain_id lease_id feature version count client_key instance_id nonce lease_time offline_grace "
                  "borrow_until head_size issued_at")
        note = note_body(open_lease(lease["note"].encode(), self.origin, self.daemon), "lease", fields)
        wanted = {"chain_id": self.chain, "lease_id": lease["id"], "feature": feature, "count": 1, "nonce": nonce,
                  "client_key": text_of(self.public), "instance_id": self.instance}
        need(all(note[name] == value for name, value in wanted.items()), "LEASE_NOTE", "for another request")
        # It runs from the moment the request was sent, by this computer's monotonic clock.
        return {"id": lease["id"], "feature": feature, "renew_at": sent + note["lease_time"] / 3000}


def main():
    options = argparse.ArgumentParser(description="takes one seat, renews it, gives it back")
    options.add_argument("--server", default="wss://localhost:7328")
    options.add_argument("--vendor", required=True, help="the vendor's name")
    options.add_argument("--root-key", required=True, help="the vendor's root key, base64url")
    options.add_argument("--feature", required=True)
    options.add_argument("--renewals", type=int, default=1, help="how often to renew before giving the seat back")
    options.add_argument("--key-file", default="client.key", help="the key of this installation, made on first use")
    given = options.parse_args()
    try:
        vendor = {"name": given.vendor, "root": base64url(given.root_key)}
        labels = {"user": getpass.getuser(), "host": socket.gethostname()}
        session = Session(given.server, vendor, client_key(given.key_file), labels)
        lease = session.acquire(given.feature)
        print("seat granted", flush=True)
        for _ in range(given.renewals):
            while session.wire.has_more(lease["renew_at"] - time.monotonic()):
                session.notified(json.loads(session.wire.receive()))
            lease = session.renew(lease)
            print("seat renewed", flush=True)
        session.release(lease)
        print("seat released", flush=True)
        session.wire.close()
    except (Denied, Refused, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
