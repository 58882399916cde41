import { equalBytes, toBase64Url, toHex, utf8 } from "../base/bytes.ts";
import type { ClientKey } from "../base/ids.ts";
import { days, isoTime, type UnixMillis } from "../base/time.ts";
import { sha256 } from "../crypto/hash.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { License } from "../license/license.ts";
import { failure } from "../log/log.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { AdminContradiction } from "../protocol/admin/status.ts";
import type { LedgerProof } from "../protocol/results.ts";
import type { ContradictionRecord } from "../store/contradiction-rows.ts";
import type { StoreRecord } from "../store/database.ts";
import type { AcceptedBranch } from "./accepted-branch.ts";
import { ITSELF } from "./audit-trail.ts";
import type { DeskCore } from "./desk-core.ts";
import type { IncidentCode } from "./incident-codes.ts";
import type { Notary } from "./notary.ts";

/** Blocks, and the root over them. */
type Known = Pick<Head, "size" | "root">;

/** Contradicting heads of one UTC day that are kept and counted; more say nothing new. */
const KEPT_PER_DAY = 32;

/** Texts of heads that need no second look, and sizes whose proof is at hand. */
const AT_HAND = 1_024;

/** Contradictions that the status has. */
const SHOWN = 8;

/** Clients that are counted as witnesses. */
const WITNESSES = 65_536;
const WITNESS_TIME = days(7);

const HINT =
  "was the server put back to an older state, or does a copy of it run? tell the vendor before it asks";

/**
 * Holds the heads that clients remember against the ledger, and proves to them how it goes on. A head
 * that the daemon signed and that its ledger does not go on from is kept as evidence and sealed as an
 * incident: at once, but in one block a UTC day at most, with the number of different heads.
 *
 * Whoever connects can send heads, so each costs little: known texts a look, new ones of this daemon
 * one signature check and one page of the chain file, all others less.
 */
export class HeadWatch {
  readonly #core: DeskCore;
  readonly #notary: Notary;
  readonly #branch: AcceptedBranch;
  readonly #alone: (work: () => Promise<void>) => Promise<void>;
  /** Texts that were judged and led, or will lead, to all that they can lead to. */
  readonly #judged = new Set<string>();
  /** Contradicting heads that are kept. */
  readonly #known: Set<string>;
  /** The newest of them, for the administrator. */
  #newest: readonly ContradictionRecord[];
  readonly #witnesses = new Map<ClientKey, UnixMillis>();
  #kept: { readonly day: string; readonly count: number };
  #proofs: { readonly size: number; readonly from: Map<number, readonly string[] | null> };

  /** @param alone runs work that writes between two groups. */
  constructor(
    core: DeskCore,
    notary: Notary,
    branch: AcceptedBranch,
    alone: (work: () => Promise<void>) => Promise<void>,
  ) {
    this.#core = core;
    this.#notary = notary;
    this.#branch = branch;
    this.#alone = alone;
    const kept = core.store.contradictions(core.vendor.name);
    this.#known = new Set(kept.map(keyOf));
    this.#newest = kept.slice(-SHOWN);
    const today = this.#today();
    this.#kept = { day: today, count: kept.filter(({ seenAt }) => dayOf(seenAt) === today).length };
    this.#proofs = { size: 0, from: new Map() };
  }

  /** The newest head, and how it goes on from each of these sizes. */
  proof(since: readonly number[]): LedgerProof {
    return { head: this.#notary.head(), proofs: since.map((size) => this.#proofFrom(size)) };
  }

  /** A client remembers this head. Whatever it is, the request it came with is answered. */
  shown(text: string, client: ClientKey): void {
    if (text === this.#notary.head() || this.#judged.has(text)) return this.#witnessed(client);
    const head = this.#ours(text);
    if (head === undefined) return;
    this.#witnessed(client);
    this.#hold(head, text);
  }

  /** The vendor says in a license how the ledger began: an older state of it has not come so far. */
  acknowledged({ acknowledged, text }: License): void {
    if (acknowledged !== null && !this.#judged.has(text)) this.#hold(acknowledged, text);
  }

  /** Holds the ledger against what somebody knows of it, by the note that says so. */
  #hold(known: Known, text: string): void {
    const goesOn = this.#goesOn(known);
    if (goesOn === undefined) return;
    const isSettled = goesOn || this.#known.has(keyOf(known)) || this.#branch.isGivenUp(known);
    if (isSettled) atHand(this.#judged, text);
    else this.#contradicted(known, text);
  }

  /** Different clients that showed a head of this ledger within seven days, as far as this run knows. */
  get witnesses(): number {
    const { wall } = this.#core.time.now();
    for (const [client, at] of this.#witnesses) {
      if (wall - at > WITNESS_TIME) this.#witnesses.delete(client);
    }
    return this.#witnesses.size;
  }

  /** The newest first. What the vendor has given up since contradicts nothing any more. */
  get contradictions(): readonly AdminContradiction[] {
    const left = this.#newest.filter((record) => !this.#branch.isGivenUp(record));
    return left.toReversed().map((record) => {
      const { seenAt, size, shown, own } = record;
      return { seenAt, size, evidence: toHex(evidenceHash(record)), shown, own };
    });
  }

  /** Seals what a day's incident came too early for, if a new day has begun. */
  async sealRest(): Promise<void> {
    const { store, vendor } = this.#core;
    if (this.#isTold() || store.unsealedContradictions(vendor.name).length === 0) return;
    await this.#alone(() => this.#seal([]));
  }

  #proofFrom(size: number): readonly string[] | null {
    const { ledger } = this.#core;
    if (this.#proofs.size !== ledger.size) this.#proofs = { size: ledger.size, from: new Map() };
    const { from } = this.#proofs;
    const found = from.get(size);
    if (found !== undefined) return found;
    const proof = this.#reading(() => this.#hashes(size)) ?? null;
    if (from.size < AT_HAND) from.set(size, proof);
    return proof;
  }

  #hashes(size: number): readonly string[] | undefined {
    const { ledger, tree } = this.#core;
    if (size > ledger.size) return undefined;
    if (size === ledger.size || size === 0) return [];
    return tree?.proofFrom(size).map(toBase64Url);
  }

  /** Undefined for what this daemon never signed for this ledger. */
  #ours(text: string): Head | undefined {
    const { ledger, siteKey } = this.#core;
    try {
      return openHead(text, { name: ledger.origin, publicKey: siteKey.signer.publicKey });
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      this.#core.log.debug("head.foreign", { vendor: this.#core.vendor.name, code: error.code });
      return undefined;
    }
  }

  /** Whether the ledger begins with it; undefined where a damaged file cannot tell. */
  #goesOn({ size, root }: Known): boolean | undefined {
    const { ledger, tree } = this.#core;
    if (size > ledger.size) return false;
    if (size === ledger.size) return equalBytes(root, ledger.root);
    const own = this.#reading(() => tree?.rootAt(size));
    return own && equalBytes(root, own);
  }

  /** The file may have been damaged since the start: then nothing can be proven. */
  #reading<Value>(read: () => Value | undefined): Value | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      this.#core.log.warn("ledger.damaged", { vendor: this.#core.vendor.name, ...failure(error) });
      return undefined;
    }
  }

  #contradicted(head: Known, text: string): void {
    const { log, time, vendor } = this.#core;
    const day = this.#today();
    const count = this.#kept.day === day ? this.#kept.count : 0;
    if (count >= KEPT_PER_DAY) return atHand(this.#judged, text);
    this.#kept = { day, count: count + 1 };
    this.#known.add(keyOf(head));
    const { size, root } = head;
    const own = this.#notary.head();
    const seen = { size, root, shown: text, own, seenAt: time.now().wall };
    this.#alone(() => this.#keep(seen)).catch((error: unknown) => {
      // The client shows it again; perhaps the disk takes it then.
      this.#known.delete(keyOf(head));
      log.warn("head.not-kept", { vendor: vendor.name, ...failure(error) });
    });
  }

  async #keep(seen: ContradictionRecord): Promise<void> {
    const { store, vendor, log, ledger, trail } = this.#core;
    const record = { kind: "contradiction", contradiction: seen } as const;
    if (this.#isTold()) await store.commit({ vendor: vendor.name, records: [record] });
    else await this.#seal([record]);
    this.#newest = [...this.#newest, seen].slice(-SHOWN);
    const evidence = toHex(evidenceHash(seen));
    const sizes = { shown: seen.size, own: ledger.size };
    trail.note({ act: "head.contradicted", by: ITSELF, about: { vendor: vendor.name, evidence } });
    log.warn("head.contradicted", { vendor: vendor.name, ...sizes, evidence, hint: HINT });
  }

  /** One block tells of those that wait and those that are new. */
  async #seal(fresh: readonly Extract<StoreRecord, { kind: "contradiction" }>[]): Promise<void> {
    const { store, vendor, writer } = this.#core;
    const told = [
      ...store.unsealedContradictions(vendor.name),
      ...fresh.map(({ contradiction }) => contradiction),
    ];
    const [first] = told;
    if (first === undefined) return;
    const draft = {
      type: "incident",
      code: "HEAD_CONTRADICTED" satisfies IncidentCode,
      evidenceHash: evidenceHash(first),
      firstSeen: first.seenAt,
      count: told.length,
    } as const;
    const today = { kind: "meta", key: this.#toldKey, value: this.#today() } as const;
    const records = [...fresh, { kind: "contradictions-sealed" } as const, today];
    await writer.append(() => draft, { records });
  }

  /** Whether the ledger tells of such an incident of today. */
  #isTold(): boolean {
    return this.#core.store.meta(this.#toldKey) === this.#today();
  }

  get #toldKey(): string {
    return `contradictions told ${this.#core.vendor.name}`;
  }

  /** The UTC day of the highest believed clock: setting the clock about makes no days. */
  #today(): string {
    return dayOf(this.#core.time.clocks().highWater);
  }

  #witnessed(client: ClientKey): void {
    this.#witnesses.delete(client);
    this.#witnesses.set(client, this.#core.time.now().wall);
    const [oldest] = this.#witnesses.keys();
    if (this.#witnesses.size > WITNESSES && oldest !== undefined) this.#witnesses.delete(oldest);
  }
}

/** What the INCIDENT names: both notes, the one that was shown first. */
function evidenceHash({ shown, own }: Pick<ContradictionRecord, "shown" | "own">): Uint8Array {
  return sha256(utf8(shown), utf8(own));
}

function atHand(texts: Set<string>, text: string): void {
  texts.add(text);
  const [oldest] = texts;
  if (texts.size > AT_HAND && oldest !== undefined) texts.delete(oldest);
}

const keyOf = ({ size, root }: Known): string => `${size} ${toHex(root)}`;
const dayOf = (moment: UnixMillis): string => isoTime(moment).slice(0, 10);
