import { execFile, spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
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
