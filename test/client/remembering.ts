import { readdirSync } from "node:fs";
import { join } from "node:path";
import { toBase64Url, u32 } from "../../src/base/bytes.ts";
import { EvidenceFolder } from "../../src/client/evidence.ts";
import { HeadMemory } from "../../src/client/head-memory.ts";
import type { KnownTree } from "../../src/client/known-tree.ts";
import { SupersedeMemory } from "../../src/client/supersede-memory.ts";
import { type Contradiction, type Judgement, Witness } from "../../src/client/witness.ts";
import { systemClock } from "../../src/clock/system-clock.ts";
import type { Signer } from "../../src/crypto/ed25519.ts";
import type { Supersede } from "../../src/license/supersede.ts";
import { consistencyProof } from "../../src/merkle/proof.ts";
import { leafHash, rootOf } from "../../src/merkle/tree.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import type { LedgerProof } from "../../src/protocol/results.ts";
import { chain, daemon, origin } from "../license/given.ts";

/** One process of a workstation, on a connection whose greeting brought a note or none. */
export async function aWitness(
  folder: string,
  acknowledged?: KnownTree,
  supersede?: Supersede,
): Promise<Witness> {
  return new Witness({
    chainId: chain,
    grantTerms: () => ({ isProven: false, isShared: false }),
    memory: await HeadMemory.open(folder, { name: origin, publicKey: daemon.publicKey }),
    evidence: new EvidenceFolder(join(folder, "evidence")),
    told: await SupersedeMemory.open(folder),
    acknowledged: supersede ? { ...supersede.accepted, note: supersede.head } : acknowledged,
    supersede,
    verifier: { name: origin, publicKey: daemon.publicKey },
    policy: { policy: "flag", graceDays: 0 },
    clock: systemClock(),
  });
}

/** The ledger of a daemon; `branch` is where it leaves the one of the others, `mark` tells branches apart. */
export function ledger(branch = Infinity, mark = 9e6): (size: number) => readonly Uint8Array[] {
  return (size) =>
    Array.from({ length: size }, (_, index) =>
      leafHash(u32(index < branch ? index : index + mark)),
    );
}

export function shownBy(
  leaves: (size: number) => readonly Uint8Array[],
  size: number,
  since: readonly number[],
  signer: Signer = daemon,
): LedgerProof {
  const head = { origin, size, root: rootOf(leaves(size)) };
  return {
    head: signHead(head, { name: origin, signer }),
    proofs: since.map((from) =>
      from > size ? null : consistencyProof(from, leaves(size)).map(toBase64Url),
    ),
  };
}

export const real: (size: number) => readonly Uint8Array[] = ledger();

/** Asks, is answered with the ledger at that size, and judges. */
export async function judges(
  process: Witness | Promise<Witness>,
  size: number,
  leaves = real,
): Promise<Judgement> {
  const witness = await process;
  const asked = witness.asked();
  return witness.judge(asked, shownBy(leaves, size, asked.params.since));
}

/** The same, where only a contradiction matters. */
export async function meets(
  ...asked: Parameters<typeof judges>
): Promise<Contradiction | undefined> {
  const judgement = await judges(...asked);
  return judgement.kind === "contradicted" ? judgement.contradiction : undefined;
}

export const remembered = (folder: string): readonly number[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".head"))
    .map((file) => Number(file.slice(0, 16)));
