import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { LedgerProof } from "../protocol/results.ts";
import { putNewFile } from "./durable-file.ts";
import { makeFolder } from "./folder.ts";
import type { KnownTree } from "./known-tree.ts";

/** A contradiction as it is kept. */
export interface KeptEvidence {
  /** The file; undefined when the disk did not take it. */
  readonly path: string | undefined;
  /** When this computer met the contradiction first. */
  readonly seenAt: UnixMillis;
}

/**
 * What a daemon has shown that does not go on from what this computer knows: one file for each thing
 * known, with both notes as they were signed. The first contradiction stays; later ones say no more.
 */
export class EvidenceFolder {
  readonly #folder: string;
  /** What was kept or found by this process. */
  readonly #kept = new Map<string, KeptEvidence>();

  /** @param folder for one ledger of one vendor; made when first used. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async keep(
    known: KnownTree,
    shown: LedgerProof | undefined,
    proof: readonly string[] | null,
    now: UnixMillis,
  ): Promise<KeptEvidence> {
    const file = `${String(known.size).padStart(16, "0")}.${toHex(known.root)}.json`;
    const kept = this.#kept.get(file);
    if (kept?.path !== undefined) return kept;
    const body = {
      kind: KIND,
      seen_at: kept?.seenAt ?? now,
      known: known.note,
      shown: shown?.head ?? null,
      proof,
    };
    const found = await this.#put(join(this.#folder, file), body);
    this.#kept.set(file, found);
    return found;
  }

  async #put(path: string, body: { readonly seen_at: UnixMillis }): Promise<KeptEvidence> {
    try {
      await makeFolder(dirname(path));
      await putNewFile(path, `${JSON.stringify(body, undefined, 2)}\n`);
      return { path, seenAt: seenAtOf(await readFile(path, "utf8")) ?? body.seen_at };
    } catch {
      return { path: undefined, seenAt: body.seen_at };
    }
  }
}

const KIND = "seatkeeper evidence v1";

/** Undefined for a file that somebody has written into. */
function seenAtOf(text: string): UnixMillis | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null) return undefined;
    const seenAt: unknown = Reflect.get(body, "seen_at");
    return typeof seenAt === "number" ? unixMillis(seenAt) : undefined;
  } catch {
    return undefined;
  }
}
