import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = new URL("../../systemd", import.meta.url).pathname;
const unit = readFileSync(join(folder, "seatkeeper.service"), "utf8");
const analyze = spawnSync("systemd-analyze", ["--version"]).status === 0;
const sysusers = spawnSync("systemd-sysusers", ["--version"]).status === 0;

describe.skipIf(!analyze)("the service unit, judged by systemd-analyze", () => {
  it("has an exposure of at most 1.2", () => {
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

  it("verifies without a word, a misspelled directive included", () => {
    expect(verify(unit)).toBe("");
    expect(verify(unit.replace("ProtectHome=", "ProtectHomes="))).toMatch(/ProtectHomes/);
  });
});

describe.skipIf(!sysusers)("the account file", () => {
  it("is accepted by systemd-sysusers and makes a locked system account", () => {
    const root = mkdtempSync(join(tmpdir(), "seatkeeper-sysusers-"));
    mkdirSync(join(root, "etc"));
    const file = join(folder, "seatkeeper.sysusers.conf");
    const run = spawnSync("systemd-sysusers", [`--root=${root}`, file]);
    expect(run.stderr.toString()).not.toMatch(/Failed|Invalid/);
    expect(readFileSync(join(root, "etc/passwd"), "utf8")).toMatch(
      /^seatkeeper:!?\*?x?:\d+:\d+:Seatkeeper license daemon:\/var\/lib\/seatkeeper:.*nologin$/m,
    );
  });
});

/** What `systemd-analyze verify` prints about the unit, with the executable swapped for one that is there. */
function verify(text: string): string {
  const copy = mkdtempSync(join(tmpdir(), "seatkeeper-unit-"));
  const path = join(copy, "seatkeeper.service");
  writeFileSync(path, text.replaceAll("/usr/bin/seatkeeper", "/bin/true"));
  const run = spawnSync("systemd-analyze", ["verify", "--man=no", path]);
  return run.stdout.toString() + run.stderr.toString();
}
