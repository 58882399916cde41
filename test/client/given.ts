import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type ConnectOptions, connect, type Seatkeeper } from "../../src/client/index.ts";
import { root, vendor } from "../license/given.ts";
import { type Script, ScriptedDaemon } from "./scripted-daemon.ts";

/** An empty folder of its own. */
export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), "seatkeeper-client-"));

/** A daemon that stops with the test. */
export async function daemonThat(script: Script = {}): Promise<ScriptedDaemon> {
  const daemon = await ScriptedDaemon.start(script);
  onTestFinished(() => daemon.stop());
  return daemon;
}

/** What an application of the vendor says to connect. */
export function optionsFor(
  servers: string | readonly string[],
  more: Partial<ConnectOptions> = {},
): ConnectOptions {
  return {
    servers,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user: "ada", host: "workstation-7" },
    dataDir: emptyFolder(),
    ...more,
  };
}

/** A connected client that closes with the test, before the daemon stops. */
export async function connected(
  daemon: ScriptedDaemon,
  more: Partial<ConnectOptions> = {},
): Promise<Seatkeeper> {
  const keeper = await connect(optionsFor(daemon.url, more));
  onTestFinished(() => keeper.close());
  return keeper;
}

/** Waits, without a timer, until the sockets have brought it about. */
export async function eventually(claim: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn += 1) {
    if (claim()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error("it never came to that");
}
