import { execFile, spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toBase64Url, utf8 } from "../../src/base/bytes.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { aDaemon, emptyFolder, root, vendor } from "../daemon/given.ts";

const example = new URL("../../examples/acquire_seat.py", import.meta.url).pathname;

/** A Python with the one library that the example needs. */
const python = ["/usr/bin/python3", "python3"].find(
  (each) => spawnSync(each, ["-c", "import cryptography"]).status === 0,
);
const ifPython =
  python === undefined ? "skipped: no python3-cryptography" : "with python3-cryptography";

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function acquireSeat(url: string, feature: string, more: readonly string[] = []): Promise<Run> {
  const key = ["--vendor", vendor, "--root-key", toBase64Url(root.publicKey)];
  const keyFile = ["--key-file", join(emptyFolder(), "client.key")];
  const args = [example, "--server", url, ...key, "--feature", feature, ...keyFile, ...more];
  return new Promise((resolve) => {
    execFile(python ?? "python3", ["-B", ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

const READER = `
import base64, json, sys
sys.path.insert(0, sys.argv[1])
from acquire_seat import Refused, base64url, open_lease

CHANGES = {"signature": 4 + 63, "index": 4 + 67, "size": 4 + 71, "path": 4 + 72}


def changed(raw, change):
    head, _, line = raw.decode().rpartition(" ")
    blob = bytearray(base64.b64decode(line))
    if change in CHANGES:
        blob[CHANGES[change]] ^= 1
    elif change == "text":
        head = head.replace('"count":1', '"count":2')
    elif change == "longer path":
        blob += bytes(32)
    elif change == "no path":
        del blob[76:]
    return f"{head} {base64.b64encode(blob).decode()}\\n".encode()


def said(raw, name, key):
    try:
        return open_lease(raw, name, key).split()[1]
    except Refused as refused:
        return refused.code


name, key, files, changes = json.loads(sys.stdin.read())
notes = [open(file, "rb").read() for file in files]
print(json.dumps([said(changed(note, change), name, base64url(key)) for note in notes for change in changes or [None]]))
`;

/** What the example makes of published notes; each with each of the changes, if there are any. */
function openLeases(names: readonly string[], changes: readonly string[] = []): unknown {
  const folder = new URL("../vectors/notes/", import.meta.url).pathname;
  const signer = signerFromSeed(sha256(utf8("seatkeeper vector daemon")));
  const question = [
    "acme.example/skc/cda7e129b9ff840b1a7130cfea479f0d",
    toBase64Url(signer.publicKey),
    names.map((name) => join(folder, name)),
    changes,
  ];
  const examples = new URL("../../examples", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(python ?? "python3", ["-B", "-c", READER, examples], {
    input: JSON.stringify(question),
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const OVER_TLS = { tls: { mode: "self-made" } } as const;
const SHORT_LEASES = {
  site: "Studio",
  features: [{ name: "cad.pro", seats: 1, lease_time: "2s" }],
};

describe.skipIf(python === undefined)(`examples/acquire_seat.py, ${ifPython}`, () => {
  it("takes a seat over TLS, renews it, and gives it back", async () => {
    const daemon = await aDaemon(SHORT_LEASES, OVER_TLS);
    expect(await acquireSeat(daemon.url, "cad.pro", ["--renewals", "2"])).toEqual({
      code: 0,
      stdout: "seat granted\nseat renewed\nseat renewed\nseat released\n",
      stderr: "",
    });
    expect((await daemon.admin.seats()).seats).toEqual([]);
  });

  it("keeps the key of its installation in a file of its own", async () => {
    const daemon = await aDaemon(SHORT_LEASES, OVER_TLS);
    const file = join(emptyFolder(), "kept.key");
    const run = ["--renewals", "0", "--key-file", file];
    expect((await acquireSeat(daemon.url, "cad.pro", run)).code).toBe(0);
    const key = readFileSync(file);
    expect(key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await acquireSeat(daemon.url, "cad.pro", run)).code).toBe(0);
    expect(readFileSync(file)).toEqual(key);
  });

  it("reads leases that the daemon has signed together, and refuses what was changed in them", () => {
    const notes = ["lease.note", "group-0.note", "group-1.note", "group-2.note"];
    expect(openLeases(notes)).toEqual(notes.map(() => "lease"));
    const changes = ["text", "signature", "index", "size", "path", "longer path", "no path"];
    expect(openLeases(["group-1.note"], changes)).toEqual(changes.map(() => "NOTE_SIGNATURE"));
  });

  it("says why it is denied, and what to do", async () => {
    const daemon = await aDaemon(SHORT_LEASES, OVER_TLS);
    expect(await acquireSeat(daemon.url, "sim.solver")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "sim.solver denied: NOT_LICENSED_FEATURE\nhint: no installed license names this; check its spelling\n",
    });
  });

  it("believes no daemon that the vendor's root key does not vouch for", async () => {
    const daemon = await aDaemon(SHORT_LEASES, OVER_TLS);
    const other = ["--root-key", toBase64Url(new Uint8Array(32).fill(7))];
    expect(await acquireSeat(daemon.url, "cad.pro", other)).toEqual({
      code: 1,
      stdout: "",
      stderr: "SERVER_IDENTITY: no license vouches for the server\n",
    });
    expect((await daemon.admin.seats()).seats).toEqual([]);
  });
});
