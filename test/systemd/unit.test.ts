import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/leftovers.ts";

const folder = new URL("../../systemd", import.meta.url).pathname;
const service = readFileSync(join(folder, "seatkeeper.service"), "utf8");
const socket = readFileSync(join(folder, "seatkeeper.socket"), "utf8");
const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
const sysusers = spawnSync("systemd-sysusers", ["--version"]).status === 0;

describe.skipIf(!analyze)("the units, judged by systemd-analyze", () => {
  it("have an exposure of at most 1.2", () => {
    const run = spawnSync("systemd-analyze", [
      "security",
      "--offline=yes",
      "--threshold=12",
      "--no-pager",
      join(folder, "seatkeeper.service"),
    ]);
    expect(run.stdout.toString()).toMatch(/Overall exposure level/);
    expect(run.status).toBe(0);
  });

  it("are verified without a word, as a misspelled directive would not be", () => {
    expect(verify(service, socket)).toBe("");
    expect(verify(service.replace("ProtectHome=", "ProtectHomes="), socket)).toMatch(
      /ProtectHomes/,
    );
    expect(verify(service, socket.replace("NoDelay=", "NoDelays="))).toMatch(/NoDelays/);
  });
});

describe.skipIf(!sysusers)("the account file", () => {
  it("is accepted by systemd-sysusers and makes a locked system account", () => {
    const root = temporaryFolder();
    mkdirSync(join(root, "etc"));
    const file = join(folder, "seatkeeper.sysusers.conf");
    const run = spawnSync("systemd-sysusers", [`--root=${root}`, file]);
    expect(run.stderr.toString()).not.toMatch(/Failed|Invalid/);
    expect(readFileSync(join(root, "etc/passwd"), "utf8")).toMatch(
      /^seatkeeper:!?\*?x?:\d+:\d+:Seatkeeper license daemon:\/var\/lib\/seatkeeper:.*nologin$/m,
    );
  });
});

/** What `systemd-analyze verify` prints about the units, with the executable swapped for one that is there. */
function verify(serviceText: string, socketText: string): string {
  const copy = temporaryFolder();
  const path = join(copy, "seatkeeper.service");
  writeFileSync(path, serviceText.replaceAll("/usr/bin/seatkeeper", "/bin/true"));
  writeFileSync(join(copy, "seatkeeper.socket"), socketText);
  const run = spawnSync("systemd-analyze", ["verify", "--man=no", path]);
  return run.stdout.toString() + run.stderr.toString();
}
