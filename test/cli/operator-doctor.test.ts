import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/daemon/doctor-finding.ts";
import { Site, Vendor } from "../support/site.ts";

interface Report {
  readonly sound: boolean;
  readonly findings: readonly Finding[];
}

/** What depends on the machine that the tests run on. */
const GROUND = new Set(["disk-space", "disk-speed", "file-system", "kernel"]);

const site = await Site.serving(Vendor.named());

describe("seatkeeper doctor", () => {
  it("says a line for each check, and what to do where something is to be done", async () => {
    const { stdout } = await site.type("seatkeeper doctor");
    expect(stdout).toMatch(/^ok {7}config {7}config\.yaml is in order$/m);
    expect(stdout).toMatch(/^ok {7}daemon {7}0\.1\.0 serves 0 clients$/m);
    expect(stdout).toMatch(/^ok {7}port {9}127\.0\.0\.1:\d+ can be reached from this machine$/m);
    expect(stdout).toMatch(
      /^warning {2}backup {7}none was ever made and read back\n {9}hint {9}seatkeeper backup --out FILE/m,
    );
    expect(stdout).toMatch(/\d+ problems?, \d+ warnings?\n$/);
  });

  it("knows of a backup, made with the daemon running or stopped", async () => {
    expect((await site.type("seatkeeper backup --out one.skbackup")).code).toBe(0);
    expect(await backup()).toMatchObject({ verdict: "ok" });
    await site.stopDaemon();
    const { text } = await backup();
    expect((await site.type("seatkeeper backup --out two.skbackup")).code).toBe(0);
    const again = await backup();
    expect(again).toMatchObject({ verdict: "ok" });
    expect(again.text).not.toBe(text);
  });

  it("ends with 3 when there is a problem, and names it", async () => {
    chmodSync(site.path("data/site.key"), 0o644);
    const { code, stdout } = await site.type("seatkeeper doctor --json");
    chmodSync(site.path("data/site.key"), 0o600);
    expect(code).toBe(3);
    const { sound, findings } = JSON.parse(stdout) as Report;
    expect(sound).toBe(false);
    const problems = findings.filter(({ verdict }) => verdict === "problem");
    expect(problems.filter(({ check }) => !GROUND.has(check))).toEqual([
      {
        check: "files",
        verdict: "problem",
        text: "site.key can be read by others",
        remedy: `chmod go-rwx ${site.path("data/site.key")}`,
      },
    ]);
  });

  it("config: a mistake in it is the one problem", async () => {
    site.write("broken.yaml", "listn: {}\n");
    const { code, stdout } = await site.type("seatkeeper doctor --config broken.yaml --json");
    expect(code).toBe(3);
    const { sound, findings } = JSON.parse(stdout) as Report;
    expect([sound, findings.length]).toEqual([false, 1]);
    expect(findings[0]).toMatchObject({ check: "config", verdict: "problem" });
    expect(findings[0]?.text).toContain("did you mean listen?");
  });
});

async function backup(): Promise<Finding> {
  const { stdout } = await site.type("seatkeeper doctor --json");
  const { findings } = JSON.parse(stdout) as Report;
  const found = findings.find(({ check }) => check === "backup");
  if (found === undefined) throw new Error(stdout);
  return found;
}
