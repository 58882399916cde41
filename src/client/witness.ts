import { fromBase64Url } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { days, type UnixMillis, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { isTold } from "../ledger/entry-proof.ts";
import type { LicenseError } from "../license/errors.ts";
import { isGivenUp, type Supersede } from "../license/supersede.ts";
import { verifyConsistency } from "../merkle/proof.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { NoteVerifier } from "../note/signed-note.ts";
import { PROOFS_PER_REQUEST } from "../protocol/limits.ts";
import type { Remembered } from "../protocol/requests.ts";
import type { LedgerProof, WireLease } from "../protocol/results.ts";
import { ClientError } from "./errors.ts";
import type { EvidenceFolder } from "./evidence.ts";
import type { HeadMemory, RememberedHead } from "./head-memory.ts";
import type { KnownTree } from "./known-tree.ts";
import type { SupersedeMemory } from "./supersede-memory.ts";

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
  /** Why the vendor's note that the daemon shows does not help; undefined where it shows none. */
  readonly noteRefused: NoteRefusal | undefined;
}

/**
 * `SUPERSEDE_OLDER`: it was told before what is known now was seen; `SUPERSEDE_BEYOND`: what is known is longer
 * than all that the vendor has given up.
 */
export type NoteRefusal = Extract<LicenseError["code"], "SUPERSEDE_OLDER" | "SUPERSEDE_BEYOND">;

/** What this computer knew of the ledger is given up: the vendor has accepted another branch of it. */
export interface Superseded {
  /** The vendor's note: its number, its reason, and itself. */
  readonly number: number;
  readonly reason: string;
  readonly note: string;
  /** Blocks of what was known, and of the head that was shown. */
  readonly known: readonly number[];
  readonly shown: number;
  /** The files that have what was known; those that the disk did not take are left out. */
  readonly evidence: readonly string[];
}

/** What an answer says about the ledger. */
export type Judgement =
  | { readonly kind: "goes-on" }
  | { readonly kind: "superseded"; readonly superseded: Superseded }
  | { readonly kind: "contradicted"; readonly contradiction: Contradiction };

/** What is said with one request, and what the answer is held against. */
export interface Asked {
  readonly params: Required<Pick<Remembered, "since">> & Remembered;
  /** What the head in the answer must go on from, in the order of `since`. */
  readonly trees: readonly KnownTree[];
  /** Those of them that it takes the place of. */
  readonly heads: readonly RememberedHead[];
}

/** A seat as it was granted or lent. */
export type Granted = Pick<WireLease, "id" | "feature" | "count" | "entry">;

/** What the licenses of a moment say of grants of one feature. */
export interface GrantTerms {
  /** Each is in the ledger, by name, before it is answered. */
  readonly isProven: boolean;
  /** A lease may share the seats of another, and then takes none. */
  readonly isShared: boolean;
}

export interface WitnessParts {
  readonly memory: HeadMemory;
  readonly evidence: EvidenceFolder;
  /** Of which of the vendor's notes this computer knows. */
  readonly told: SupersedeMemory;
  /** What the vendor has acknowledged of the ledger, by a license, or accepted. */
  readonly acknowledged: KnownTree | undefined;
  /** The vendor's newest note about branches of the ledger, as far as the daemon tells. */
  readonly supersede: Supersede | undefined;
  /** Heads of ledgers that stood in for this one: its daemon hears of each once. */
  readonly standIns?: readonly string[];
  /** The daemon key, under the name of the ledger. */
  readonly verifier: NoteVerifier;
  readonly policy: WitnessPolicy;
  readonly chainId: ChainId;
  readonly grantTerms: (feature: string, wall: UnixMillis) => GrantTerms;
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
  readonly #untold: string[];

  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.#untold = [...(parts.standIns ?? [])];
  }

  /** To be called right before the request is sent. */
  asked(): Asked {
    const { memory, acknowledged } = this.#parts;
    const vendors = acknowledged === undefined || this.#isAcknowledged ? [] : [acknowledged];
    const heads = memory.heads.slice(vendors.length - PROOFS_PER_REQUEST);
    const told = heads.find(({ note }) => note === this.#disputed) ?? heads.at(-1);
    const trees = [...heads, ...vendors];
    const since = trees.map(({ size }) => size);
    const head = this.#untold.shift() ?? told?.note;
    const params = head === undefined ? { since } : { head, since };
    return { params, trees, heads };
  }

  /** Whether the newest answer was contradicted. */
  get isDisputed(): boolean {
    return this.#disputed !== undefined;
  }

  /**
   * Holds the answer against what was remembered. The head it shows is on this computer's disk before
   * this resolves, or is not remembered at all.
   * @throws ClientError SERVER_IDENTITY for a head that the daemon has not signed.
   */
  async judge({ trees, heads }: Asked, shown: LedgerProof | undefined): Promise<Judgement> {
    const former = heads.find(({ note }) => note === shown?.head);
    const head = former ?? (shown && this.#opened(shown.head));
    const broken = trees.filter((known, at) => !goesOn(known, head, shown?.proofs[at]));
    const [first] = broken;
    this.#disputed = undefined;
    if (first === undefined) {
      if (head !== undefined) await this.#goOn(head, heads, former !== undefined);
      return { kind: "goes-on" };
    }
    const noteRefused = await this.#refusalOf(broken, trees);
    const isOver = head !== undefined && shown !== undefined && noteRefused === undefined;
    if (isOver) return this.#supersede(head, { trees, heads }, broken, shown);
    this.#disputed = first.note;
    const at = trees.indexOf(first);
    const code = noteRefused === "NONE" ? undefined : noteRefused;
    return {
      kind: "contradicted",
      contradiction: await this.#contradiction(first, head, shown, at, code),
    };
  }

  /**
   * Whether a seat was granted that the ledger does not tell of, though the licenses say that it must.
   * @throws ClientError SERVER_IDENTITY for a head that the daemon has not signed.
   */
  isUntold({ id, feature, count, entry }: Granted): boolean {
    const { grantTerms, chainId } = this.#parts;
    const { isProven, isShared } = grantTerms(feature, this.#now());
    if (!isProven) return false;
    if (entry === undefined) return true;
    if (entry.count !== count && !(isShared && entry.count === 0)) return true;
    const { size, root } = this.#opened(entry.head);
    const place = { size, root, path: entry.blockPath.map(fromBase64Url) };
    const proof = {
      entry,
      blind: fromBase64Url(entry.blind),
      at: entry.at,
      of: entry.of,
      path: entry.path.map(fromBase64Url),
      header: fromBase64Url(entry.header),
      rest: fromBase64Url(entry.rest),
    };
    return !isTold(proof, { chainId, lease: id, feature }, place);
  }

  /** Whether the licenses allow no seat that is not proven. Days of grace are for what was put back honestly. */
  get refusesUntold(): boolean {
    return this.#parts.policy.policy === "refuse";
  }

  /** Whether seats of this daemon are to be refused now. */
  refuses({ policy, refusedFrom }: Contradiction): boolean {
    if (policy === "refuse") return true;
    return refusedFrom !== undefined && this.#now() >= refusedFrom;
  }

  async #goOn(
    head: RememberedHead,
    proven: readonly RememberedHead[],
    isKnown: boolean,
  ): Promise<void> {
    const { memory } = this.#parts;
    await this.#takeNote(proven);
    const isNews = !isKnown || proven.length > 1;
    this.#isAcknowledged = !isNews || (await memory.remember(head, proven));
  }

  /**
   * That there is a note is remembered once the ledger has proven to go on from what it accepts, with the heads
   * that it may be about: none that is remembered later is ever given up by it.
   */
  async #takeNote(proven: readonly RememberedHead[]): Promise<boolean> {
    const { supersede, told, memory } = this.#parts;
    if (supersede === undefined || supersede.number <= told.newest) return true;
    await memory.look();
    const before = memory.heads.filter(({ note }) => !proven.some((head) => head.note === note));
    return told.take(supersede, before, this.#now());
  }

  /** Why the vendor's note does not settle what is broken; undefined when it does. */
  async #refusalOf(
    broken: readonly KnownTree[],
    trees: readonly KnownTree[],
  ): Promise<NoteRefusal | "NONE" | undefined> {
    const { supersede, told, acknowledged } = this.#parts;
    const isAccepted =
      this.#isAcknowledged ||
      (acknowledged !== undefined &&
        trees.includes(acknowledged) &&
        !broken.includes(acknowledged));
    if (supersede === undefined || !isAccepted) return "NONE";
    if (broken.some((known) => !isGivenUp(known, supersede))) return "SUPERSEDE_BEYOND";
    // Another process may have heard of it first.
    await told.look();
    if (supersede.number > told.newest) return undefined;
    const isOld = supersede.number < told.newest || !broken.every((known) => told.wasBefore(known));
    return isOld ? "SUPERSEDE_OLDER" : undefined;
  }

  /** The evidence is on the disk, and which note gave it up, before anything is forgotten. */
  async #supersede(
    head: RememberedHead,
    { trees, heads }: Pick<Asked, "trees" | "heads">,
    broken: readonly KnownTree[],
    shown: LedgerProof,
  ): Promise<Judgement> {
    const { evidence, memory, supersede } = this.#parts;
    if (supersede === undefined) throw new TypeError("nothing was given up");
    const kept = await Promise.all(
      broken.map((known) => {
        const proof = shown.proofs[trees.indexOf(known)] ?? null;
        return evidence.keep(known, shown, proof, this.#now());
      }),
    );
    const files = kept.flatMap(({ path }) => path ?? []);
    const isTaken = await this.#takeNote(heads.filter((each) => !broken.includes(each)));
    if (isTaken && files.length === broken.length)
      this.#isAcknowledged = await memory.remember(head, heads);
    const { number, reason, text } = supersede;
    return {
      kind: "superseded",
      superseded: {
        number,
        reason,
        note: text,
        known: broken.map(({ size }) => size),
        shown: head.size,
        evidence: files,
      },
    };
  }

  async #contradiction(
    known: KnownTree,
    head: Head | undefined,
    shown: LedgerProof | undefined,
    at: number,
    noteRefused: NoteRefusal | undefined,
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
      noteRefused,
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
