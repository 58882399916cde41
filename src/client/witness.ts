import { fromBase64Url } from "../base/bytes.ts";
import { days, type UnixMillis, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { verifyConsistency } from "../merkle/proof.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { NoteVerifier } from "../note/signed-note.ts";
import { PROOFS_PER_REQUEST } from "../protocol/limits.ts";
import type { Remembered } from "../protocol/requests.ts";
import type { LedgerProof } from "../protocol/results.ts";
import { ClientError } from "./errors.ts";
import type { EvidenceFolder } from "./evidence.ts";
import type { HeadMemory, RememberedHead } from "./head-memory.ts";
import type { KnownTree } from "./known-tree.ts";

/** What the vendor's licenses say that a contradiction leads to. */
export interface WitnessPolicy {
  readonly policy: "flag" | "grace" | "refuse";
  /** With `grace`, the days until seats are refused. */
  readonly graceDays: number;
}

/** The daemon's ledger does not go on from what this computer knows of it. */
export interface Contradiction {
  /** Who knows how the ledger began: this computer by what it saw, or the vendor by what it acknowledged in the license. */
  readonly knownBy: "computer" | "vendor";
  /** Blocks of what is known, and of the head that was shown; none was when undefined. */
  readonly known: number;
  readonly shown: number | undefined;
  /** The file that has both, for the license administrator and the vendor; undefined when the disk did not take it. */
  readonly evidence: string | undefined;
  readonly policy: "flag" | "grace" | "refuse";
  /** From when on no seats are taken from this daemon; undefined when the license only wants to be told. */
  readonly refusedFrom: UnixMillis | undefined;
}

/** What is said with one request, and what the answer is held against. */
export interface Asked {
  readonly params: Required<Pick<Remembered, "since">> & Remembered;
  /** What the head in the answer must go on from, in the order of `since`. */
  readonly trees: readonly KnownTree[];
  /** Those of them that it takes the place of. */
  readonly heads: readonly RememberedHead[];
}

export interface WitnessParts {
  readonly memory: HeadMemory;
  readonly evidence: EvidenceFolder;
  /** What the vendor has acknowledged of the ledger, by a license. */
  readonly acknowledged: KnownTree | undefined;
  /** The daemon key, under the name of the ledger. */
  readonly verifier: NoteVerifier;
  readonly policy: WitnessPolicy;
  readonly clock: Clock;
}

/**
 * Sees to it that the daemon's ledger only ever grows: each answer must prove that its head goes on from
 * what was remembered when the request was sent. What other processes have learned meanwhile is not held
 * against it, for an answer may be older than that.
 */
export class Witness {
  readonly #parts: WitnessParts;
  /** What the daemon's last answer did not go on from: it shall hear of that one. */
  #disputed: string | undefined;
  /** What is remembered goes on from what the vendor has acknowledged. */
  #isAcknowledged = false;

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** To be called right before the request is sent. */
  asked(): Asked {
    const { memory, acknowledged } = this.#parts;
    const vendors = acknowledged === undefined || this.#isAcknowledged ? [] : [acknowledged];
    const heads = memory.heads.slice(vendors.length - PROOFS_PER_REQUEST);
    const told = heads.find(({ note }) => note === this.#disputed) ?? heads.at(-1);
    const trees = [...heads, ...vendors];
    const since = trees.map(({ size }) => size);
    const params = told === undefined ? { since } : { head: told.note, since };
    return { params, trees, heads };
  }

  /**
   * Holds the answer against what was remembered. The head it shows is on this computer's disk before
   * this resolves, or is not remembered at all.
   * @returns the contradiction, if there is one.
   * @throws ClientError SERVER_IDENTITY for a head that the daemon has not signed.
   */
  async judge(
    { trees, heads }: Asked,
    shown: LedgerProof | undefined,
  ): Promise<Contradiction | undefined> {
    const { memory } = this.#parts;
    const former = heads.find(({ note }) => note === shown?.head);
    const head = former ?? (shown && this.#opened(shown.head));
    const broken = trees.findIndex((known, at) => !goesOn(known, head, shown?.proofs[at]));
    const known = trees[broken];
    this.#disputed = known?.note;
    if (known !== undefined) return this.#contradiction(known, head, shown, broken);
    if (head === undefined) return undefined;
    const isNews = former === undefined || heads.length > 1;
    const isKept = !isNews || (await memory.remember(head, heads));
    this.#isAcknowledged = isKept;
    return undefined;
  }

  /** Whether seats of this daemon are to be refused now. */
  refuses({ policy, refusedFrom }: Contradiction): boolean {
    if (policy === "refuse") return true;
    return refusedFrom !== undefined && this.#now() >= refusedFrom;
  }

  async #contradiction(
    known: KnownTree,
    head: Head | undefined,
    shown: LedgerProof | undefined,
    at: number,
  ): Promise<Contradiction> {
    const { evidence, policy, acknowledged } = this.#parts;
    const kept = await evidence.keep(known, shown, shown?.proofs[at] ?? null, this.#now());
    return {
      knownBy: known === acknowledged ? "vendor" : "computer",
      known: known.size,
      shown: head?.size,
      evidence: kept.path,
      policy: policy.policy,
      refusedFrom: endOfGrace(policy, kept.seenAt),
    };
  }

  #opened(note: string): RememberedHead {
    try {
      return { ...openHead(note, this.#parts.verifier), note };
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      throw new ClientError("SERVER_IDENTITY", "the server shows a head that it has not signed", {
        hint: "somebody may be in between: tell the license administrator",
        cause: error,
      });
    }
  }

  #now(): UnixMillis {
    return this.#parts.clock.now().wall;
  }
}

/** The strictest of what several licenses say. */
export function strictest(policies: readonly WitnessPolicy[]): WitnessPolicy {
  if (policies.some(({ policy }) => policy === "refuse")) return { policy: "refuse", graceDays: 0 };
  const graces = policies.filter(({ policy }) => policy === "grace");
  if (graces.length === 0) return { policy: "flag", graceDays: 0 };
  return { policy: "grace", graceDays: Math.min(...graces.map(({ graceDays }) => graceDays)) };
}

function endOfGrace(
  { policy, graceDays }: WitnessPolicy,
  seenAt: UnixMillis,
): UnixMillis | undefined {
  if (policy === "flag") return undefined;
  return policy === "refuse" ? seenAt : unixMillis(seenAt + days(graceDays));
}

function goesOn(
  known: { readonly size: number; readonly root: Uint8Array },
  head: Head | undefined,
  proof: readonly string[] | null | undefined,
): boolean {
  if (head === undefined || proof === null || proof === undefined) return false;
  return verifyConsistency({
    oldSize: known.size,
    oldRoot: known.root,
    newSize: head.size,
    newRoot: head.root,
    proof: proof.map(fromBase64Url),
  });
}
