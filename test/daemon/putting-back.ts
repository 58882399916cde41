import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type Contradiction,
  connect,
  type Seatkeeper,
  type Superseded,
} from "../../src/client/index.ts";
import type { IncidentPayload } from "../../src/ledger/payload.ts";
import { ingest } from "./at-the-vendor.ts";
import {
  aDaemon,
  emptyFolder,
  type GivenDaemon,
  type GivenSite,
  root,
  started,
  vendor,
} from "./given.ts";

interface Application {
  readonly keeper: Seatkeeper;
  readonly told: readonly Contradiction[];
  readonly settled: readonly Superseded[];
}

/** An application whose memory of ledgers outlives it. */
export async function application(
  { url }: Pick<GivenDaemon, "url">,
  dataDir: string,
): Promise<Application> {
  const told: Contradiction[] = [];
  const settled: Superseded[] = [];
  const keeper = await connect({
    servers: url,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user: "ada", host: "ada-pc" },
    dataDir,
  });
  onTestFinished(() => keeper.close());
  keeper.on("contradicted", (contradiction) => told.push(contradiction));
  keeper.on("superseded", (superseded) => settled.push(superseded));
  return { keeper, told, settled };
}

/** Takes a seat, gives it back, and is gone. */
export async function visit(daemon: Pick<GivenDaemon, "url">, dataDir: string): Promise<void> {
  const { keeper } = await application(daemon, dataDir);
  await keeper.acquire("cad.pro");
  await keeper.close();
}

/** Others come and go, and the ledger grows by some blocks. */
export async function grow(daemon: GivenDaemon): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await visit(daemon, emptyFolder());
    await daemon.admin.checkpoint();
  }
}

/**
 * Copies the folder of a daemon that does not run.
 * @returns puts the copy back in its place.
 */
export function snapshotOf({ config }: GivenSite): () => void {
  const snapshot = join(emptyFolder(), "snapshot");
  cpSync(config.dataDir, snapshot, { recursive: true });
  return () => {
    rmSync(config.dataDir, { recursive: true });
    cpSync(snapshot, config.dataDir, { recursive: true });
  };
}

/** A daemon whose folder is put back to what it was before a remembering application came. */
export async function putBack(
  terms: object,
  dataDir: string,
): Promise<{ readonly daemon: GivenDaemon; readonly forgotten: number }> {
  const before = await aDaemon(terms);
  await before.admin.checkpoint();
  await before.stop();
  const goBack = snapshotOf(before.site);

  const after = await started(before.site);
  await grow(after);
  await visit(after, dataDir);
  await after.stop();

  goBack();
  return { daemon: await started(before.site), forgotten: heads(dataDir)[0]?.size ?? 0 };
}

/** The heads that a workstation remembers. */
export function heads(
  dataDir: string,
): readonly { readonly size: number; readonly text: string }[] {
  const folder = join(dataDir, "heads", vendor);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".head"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .map((text) => ({ size: Number(text.split("\n")[1]), text }));
}

export async function incidents({ admin, site }: GivenDaemon): Promise<readonly IncidentPayload[]> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return ingest(Buffer.concat(pieces), site.request).payloads.filter(
    (payload) => payload.type === "incident",
  );
}
