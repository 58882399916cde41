import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { aDaemon, emptyFolder, type GivenDaemon, root, started, vendor } from "../daemon/given.ts";

const built = new URL("../../dist/client/index.js", import.meta.url).href;

/**
 * Records one unit after the other until it is killed, and says each key that is safe; with
 * "drain" it only waits until nothing is pending.
 */
const APPLICATION = `
  const [client, servers, name, rootKey, dataDir, task] = process.argv.slice(1);
  const { connect } = await import(client);
  const keeper = await connect({ servers, dataDir, vendor: { name, rootKey } });
  if (task === "drain") {
    while (keeper.usage.pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await keeper.close();
    process.exit(0);
  }
  for (let number = 0; ; number += 1) {
    const key = task + "-" + number;
    await keeper.usage.record("render.minutes", 1, { key, until: "spooled" });
    process.stdout.write(key + "\\n");
  }
`;

function application(daemon: GivenDaemon, dataDir: string, task: string): ChildProcess {
  const rootKey = toBase64Url(root.publicKey);
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", APPLICATION, built, daemon.url, vendor, rootKey, dataDir, task],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Kills the application once it has said so many keys; returns all that it said. */
async function killedAfter(child: ChildProcess, count: number): Promise<readonly string[]> {
  const { stdout } = child;
  if (stdout === null) throw new Error("its output is a pipe");
  const keys: string[] = [];
  for await (const key of createInterface({ input: stdout })) {
    keys.push(key);
    if (keys.length === count) child.kill("SIGKILL");
  }
  return keys;
}

const TERMS = {
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 1 }],
  meters: [{ name: "render.minutes", unit: "minutes" }],
};

const counted = async (daemon: GivenDaemon): Promise<number | undefined> =>
  (await daemon.admin.status()).vendors[0]?.meters[0]?.used;

describe("usage of an application that is killed again and again", () => {
  it("is counted exactly once each, also while the daemon restarts", async () => {
    const first = await aDaemon(TERMS);
    const dataDir = emptyFolder();
    const said: string[] = [];
    for (const round of ["a", "b", "c"]) {
      // oxlint-disable-next-line no-await-in-loop -- one life after the other
      said.push(...(await killedAfter(application(first, dataDir, round), 40)));
    }
    const { config } = first.site;
    await first.stop();
    const listen = { ...config.listen, port: first.address.port };
    const again = await started({ ...first.site, config: { ...config, listen } });
    expect(await once(application(again, dataDir, "drain"), "exit")).toEqual([0, null]);

    expect(new Set(said).size).toBe(said.length);
    const total = (await counted(again)) ?? 0;
    // One record per life may have been safe before its key was said.
    expect(total).toBeGreaterThanOrEqual(said.length);
    expect(total).toBeLessThanOrEqual(said.length + 3);
  });
});
