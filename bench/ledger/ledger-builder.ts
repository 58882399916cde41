import { generateKeyPairSync } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import type { UsageEvent } from "../../src/base/usage-event.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { randomBytes, randomHex } from "../../src/crypto/random.ts";
import { blockLeaf, SEGMENT_BLOCKS } from "../../src/ledger/block.ts";
import type { DirectoryRow } from "../../src/ledger/directory.ts";
import type { CheckpointDraft } from "../../src/ledger/draft.ts";
import { type Genesis, makeGenesis } from "../../src/ledger/genesis.ts";
import { type ChainKeys, stepKey } from "../../src/ledger/keys.ts";
import { encodePayload, type PayloadSource } from "../../src/ledger/payload-codec.ts";
import { type OutboxRow, SLOT_BYTES } from "../../src/ledger/ports.ts";
import { sealBlock } from "../../src/ledger/sealing.ts";
import { makeSegment } from "../../src/ledger/segment.ts";
import { type ChainState, encodeSlot } from "../../src/ledger/state.ts";

/** Bytes collected before they are written. */
const PIECE = 4_194_304;
const BEGIN = unixMillis(1_780_000_000_000);
const MINUTE = 60_000;

/** What a vendor needs to know to verify it, and a site to continue it. */
export interface BuiltLedger {
  readonly genesis: Genesis;
  readonly daemon: Signer;
  readonly sealingKey: Uint8Array;
  readonly sealingSecret: Uint8Array;
  readonly directory: readonly DirectoryRow[];
  readonly state: ChainState;
  /** The newest block, as the database of a site would still have it. */
  readonly newest: OutboxRow;
  /** What the newest block says the time was. */
  readonly now: UnixMillis;
}

/** What each block of a built ledger says. */
export type Story = (now: UnixMillis, from: UnixMillis, number: number) => PayloadSource;

/**
 * Writes a ledger of so many blocks in its real format, at the speed of its cryptography: without a
 * sync after each block, and without opening each again. From then on the product takes it up.
 */
export function buildLedger(
  paths: { readonly chain: string; readonly state: string },
  size: number,
  story: Story,
): BuiltLedger {
  const pair = generateKeyPairSync("x25519");
  const raw = (part: "x" | "d"): Uint8Array =>
    new Uint8Array(Buffer.from(pair.privateKey.export({ format: "jwk" })[part] ?? "", "base64url"));
  const sealingKey = raw("x");
  const daemon = signerFromSeed(randomBytes(32));
  const genesis = makeGenesis({
    vendorName: "acme.example",
    sealingKey,
    daemonKey: daemon.publicKey,
    hostHash: HOST,
    requestId: "benchmark",
    createdAt: BEGIN,
    random: randomBytes,
  });
  const chain = new Chain(paths.chain, genesis, sealingKey);
  let from = BEGIN;
  for (let number = 0; chain.size < size; number += 1) {
    const now = unixMillis(from + MINUTE);
    if (chain.isSegmentFull) chain.openSegment(now);
    if (chain.size < size) chain.append(story(now, from, number));
    from = now;
  }
  const state = chain.close(from);
  const file = openSync(paths.state, "w", 0o600);
  writeSync(file, encodeSlot(state));
  writeSync(file, new Uint8Array(SLOT_BYTES));
  closeSync(file);
  const { directory, newest } = chain;
  const secret = { sealingKey, sealingSecret: raw("d") };
  return { genesis, daemon, ...secret, directory, state, newest, now: from };
}

const HOST = new Uint8Array(32).fill(7);
const NOTHING = new Uint8Array(0);

/** The end of a ledger that is being written. */
class Chain {
  readonly directory: DirectoryRow[];
  readonly #file: number;
  readonly #sealingKey: Uint8Array;
  #state: ChainState;
  #pieces: Uint8Array[] = [];
  #collected = 0;
  #newest: OutboxRow;

  constructor(path: string, genesis: Genesis, sealingKey: Uint8Array) {
    this.#file = openSync(path, "w", 0o600);
    this.#sealingKey = sealingKey;
    this.#state = genesis.state;
    this.directory = [genesis.directoryRow];
    this.#newest = { index: 0, offset: 0, bytes: genesis.block, entropy: NOTHING };
    this.#write(genesis.block);
  }

  get newest(): OutboxRow {
    return this.#newest;
  }

  get size(): number {
    return this.#state.nextIndex;
  }

  get isSegmentFull(): boolean {
    return this.#state.indexInSegment >= SEGMENT_BLOCKS;
  }

  append(source: PayloadSource): void {
    const { auth, read, segment, indexInSegment } = this.#state;
    const content = { ...encodePayload(source), ext: NOTHING };
    const bytes = sealBlock(this.#place(segment, indexInSegment), content, { auth, read });
    this.#take(bytes, { auth: stepKey(auth), read: stepKey(read) }, segment, indexInSegment);
  }

  openSegment(now: UnixMillis): void {
    const { auth, read, chainId, nextIndex: index } = this.#state;
    const segment = this.#state.segment + 1;
    const sealing = { sealingKey: this.#sealingKey, recipients: [], entropy: randomBytes(64) };
    const made = makeSegment({ chainId, segment, index, auth, ...sealing });
    const payload = { type: "segment", createdAt: now, highWater: now, reason: "full" } as const;
    const content = { ...encodePayload(payload), ext: made.ext };
    const keys = { auth, read, newAuth: made.keys.auth };
    this.directory.push(made.row);
    this.#take(sealBlock(this.#place(segment, 0), content, keys), made.keys, segment, 0);
  }

  close(highWater: UnixMillis): ChainState {
    this.#flush();
    closeSync(this.#file);
    return { ...this.#state, highWater };
  }

  #place(segment: number, indexInSegment: number): Parameters<typeof sealBlock>[0] {
    const { chainId, nextIndex: index, prevLeaf } = this.#state;
    return { chainId, index, segment, indexInSegment, prevLeaf };
  }

  #take(bytes: Uint8Array, keys: ChainKeys, segment: number, indexInSegment: number): void {
    const leaf = blockLeaf(bytes);
    const { nextIndex: index, fileOffset: offset } = this.#state;
    // Recovery asks for the entropy of a SEGMENT block only when a crash left it unfinished.
    this.#newest = { index, offset, bytes, entropy: NOTHING };
    this.#state = {
      ...this.#state,
      ...keys,
      generation: this.#state.generation + 1,
      nextIndex: this.#state.nextIndex + 1,
      fileOffset: this.#state.fileOffset + bytes.length,
      prevLeaf: leaf,
      segment,
      indexInSegment: indexInSegment + 1,
      frontier: this.#state.frontier.append(leaf),
    };
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#collected += bytes.length;
    if (this.#collected > PIECE) this.#flush();
  }

  #flush(): void {
    writeSync(this.#file, Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#collected = 0;
  }
}

/** Nothing was used: the shortest story, for a ledger that only has to be long. */
export const quietStory: Story = (now) => ({
  type: "heartbeat",
  clocks: clocksAt(now),
  distinctWitnesses7d: 0,
  openLeases: 0,
});

/** Four seats taken and given back, and one that stays: what a checkpoint of a minute may say. */
export const busyStory: Story = (now, from, number) => checkpointAt(now, from, 1 + 8 * number);

export function checkpointAt(
  now: UnixMillis,
  from: UnixMillis,
  firstEventId: number,
): CheckpointDraft {
  const feature = "cad.pro";
  const events = Array.from({ length: 4 }, (_, each): readonly UsageEvent[] => {
    const lease = randomHex(16) as Extract<UsageEvent, { type: "grant" }>["lease"];
    const user = "u_0" as UsageEvent["user"];
    const id = firstEventId + 2 * each;
    const what = { feature, count: 1, user, lease, wall: now };
    return [
      { ...what, id, type: "grant", overdraft: false },
      { ...what, id: id + 1, type: "end", reason: "released", seatMillis: 1_000 as never },
    ];
  }).flat();
  return {
    type: "checkpoint",
    detail: "totals",
    firstEventId,
    events,
    later: [],
    open: [{ feature: "sim.solver", seatMillis: MINUTE }] as unknown as CheckpointDraft["open"],
    inUse: new Map([["sim.solver", 1]]),
    from,
    clocks: clocksAt(now),
  };
}

const clocksAt = (now: UnixMillis): CheckpointDraft["clocks"] => ({
  wall: now,
  mono: now - BEGIN,
  bootId: "boot-1",
  highWater: now,
  boottime: now - BEGIN,
  clientSkewMedian: null,
});
