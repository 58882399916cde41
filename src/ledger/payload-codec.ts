import { fromHex, toHex } from "../base/bytes.ts";
import { chainId } from "../base/ids.ts";
import { type BlockType, MAX_PLAINTEXT_BYTES } from "./block.ts";
import { decodeCborElements, type EncodedCbor, encodeCborElements } from "./cbor.ts";
import { type Cbor } from "./cbor-value.ts";
import {
  checkpointValue,
  clocksValue,
  readCheckpoint,
  readClocks,
  readTrail,
  trailValue,
} from "./checkpoint-payload.ts";
import type { CheckpointDraft } from "./draft.ts";
import { LedgerError } from "./errors.ts";
import { Fields, mapOf, printable, refusedField } from "./fields.ts";
import type {
  ExportPayload,
  GenesisPayload,
  HeartbeatPayload,
  IncidentPayload,
  Payload,
  Predecessor,
  ReceiptPayload,
  SegmentPayload,
  StartPayload,
} from "./payload.ts";

/** Anything that can become the plaintext of a block. */
export type PayloadSource = Exclude<Payload, { readonly type: "checkpoint" }> | CheckpointDraft;

/** A payload as it is sealed: its bytes, and those of the entries under `events_root`. */
export interface EncodedPayload {
  readonly type: BlockType;
  readonly plaintext: Uint8Array;
  readonly entries: readonly Uint8Array[];
}

/**
 * @throws LedgerError `LEDGER_BLOCK_TOO_LARGE`, `LEDGER_EVENT_ORDER`, `LEDGER_PAYLOAD`.
 */
export function encodePayload(source: PayloadSource): EncodedPayload {
  const value = source.type === "checkpoint" ? checkpointValue(source) : valueOf(source);
  const encoded = encodeCborElements(value);
  const plaintext = encoded.whole;
  if (plaintext.length > MAX_PLAINTEXT_BYTES) {
    throw new LedgerError("LEDGER_BLOCK_TOO_LARGE", `a payload of ${plaintext.length} bytes`, {
      facts: { bytes: plaintext.length, limit: MAX_PLAINTEXT_BYTES },
    });
  }
  const type = source.type === "genesis" ? "segment" : source.type;
  return { type, plaintext, entries: entriesOf(type, encoded) };
}

/** A payload read back, with the entries its block's `events_root` must be over. */
export interface DecodedPayload {
  readonly payload: Payload;
  readonly entries: readonly Uint8Array[];
}

/**
 * Reads the plaintext of a block strictly: one encoding, exactly the documented fields.
 * @throws LedgerError `LEDGER_PAYLOAD`.
 */
export function decodePayload(
  type: BlockType,
  index: number,
  plaintext: Uint8Array,
): DecodedPayload {
  const decoded = decodeCborElements(plaintext);
  return {
    payload: payloadOf(type, index, decoded.value),
    entries: entriesOf(type, decoded),
  };
}

const REASONS = ["full", "daily", "receipt", "keys"] as const;

/** Behind the meta of a checkpoint, which is no entry. */
function entriesOf(type: BlockType, { elements }: EncodedCbor): readonly Uint8Array[] {
  return type === "checkpoint" ? elements.slice(1) : [];
}

function valueOf(source: Exclude<Payload, { readonly type: "checkpoint" }>): Cbor {
  switch (source.type) {
    case "genesis":
      return genesisValue(source);
    case "segment":
      return mapOf(source.createdAt, source.highWater, REASONS.indexOf(source.reason));
    case "receipt":
      return mapOf(source.note, source.receiptNo, source.ackSize, source.ackRoot);
    case "export":
      return exportValue(source);
    case "incident":
      return incidentValue(source);
    case "start":
      return startValue(source);
    case "heartbeat":
      return heartbeatValue(source);
    case "close":
      return mapOf(source.wall);
  }
}

function payloadOf(type: BlockType, index: number, value: Cbor): Payload {
  switch (type) {
    case "segment":
      return index === 0 ? readGenesis(value) : readSegment(value);
    case "checkpoint":
      return readCheckpoint(value);
    case "receipt":
      return readReceipt(value);
    case "export":
      return readExport(value);
    case "incident":
      return readIncident(value);
    case "start":
      return readStart(value);
    case "heartbeat":
      return readHeartbeat(value);
    case "close":
      return { type: "close", wall: new Fields(value, "close", 1).moment(0) };
  }
}

function genesisValue(genesis: GenesisPayload): Cbor {
  const { requestId, daemonKey, origin, createdAt, hostHash, predecessor } = genesis;
  printable(requestId, "request id");
  const before = predecessor
    ? [fromHex(predecessor.chainId), predecessor.size, predecessor.root]
    : null;
  return mapOf(requestId, daemonKey, origin, createdAt, hostHash, before);
}

function readGenesis(value: Cbor): GenesisPayload {
  const fields = new Fields(value, "genesis", 6);
  return {
    type: "genesis",
    requestId: fields.text(0),
    daemonKey: fields.bytes(1, 32),
    origin: fields.text(2),
    createdAt: fields.moment(3),
    hostHash: fields.bytes(4, 32),
    predecessor: fields.orNull(5, (key) => readPredecessor(fields.list(key))),
  };
}

function readPredecessor(list: readonly Cbor[]): Predecessor {
  const fields = new Fields(mapOf(...list), "predecessor", 3);
  return {
    chainId: chainId(toHex(fields.bytes(0, 16))),
    size: fields.natural(1),
    root: fields.bytes(2, 32),
  };
}

function readSegment(value: Cbor): SegmentPayload {
  const fields = new Fields(value, "segment", 3);
  const reason = REASONS[fields.natural(2)];
  if (reason === undefined) throw refusedField("segment, field 2", "is no known reason");
  return { type: "segment", createdAt: fields.moment(0), highWater: fields.moment(1), reason };
}

function readReceipt(value: Cbor): ReceiptPayload {
  const fields = new Fields(value, "receipt", 4);
  const note = fields.at(0);
  if (typeof note !== "string") throw refusedField("receipt, field 0", "is not text");
  return {
    type: "receipt",
    note,
    receiptNo: fields.natural(1),
    ackSize: fields.natural(2),
    ackRoot: fields.bytes(3, 32),
  };
}

function exportValue(block: ExportPayload): Cbor {
  const { exportNo, sizeBefore, lastReceiptNo, receiptNonce, wall, hostHash } = block;
  return mapOf(exportNo, sizeBefore, lastReceiptNo, receiptNonce, wall, hostHash);
}

function readExport(value: Cbor): ExportPayload {
  const fields = new Fields(value, "export", 6);
  return {
    type: "export",
    exportNo: fields.natural(0),
    sizeBefore: fields.natural(1),
    lastReceiptNo: fields.orNull(2, (key) => fields.natural(key)),
    receiptNonce: fields.orNull(3, (key) => fields.bytes(key, 32)),
    wall: fields.moment(4),
    hostHash: fields.bytes(5, 32),
  };
}

function incidentValue(block: IncidentPayload): Cbor {
  printable(block.code, "incident code");
  return mapOf(block.code, block.evidenceHash, block.firstSeen, block.count);
}

function readIncident(value: Cbor): IncidentPayload {
  const fields = new Fields(value, "incident", 4);
  return {
    type: "incident",
    code: fields.text(0),
    evidenceHash: fields.orNull(1, (key) => fields.bytes(key, 32)),
    firstSeen: fields.moment(2),
    count: fields.natural(3),
  };
}

function startValue(block: StartPayload): Cbor {
  printable(block.version, "version");
  printable(block.bootId, "boot id");
  return mapOf(
    block.version,
    block.bootId,
    block.previousShutdownClean,
    block.redoneBlocks,
    block.fsType,
    block.virtualised,
    block.swapOn,
    // A quote of a hardware TPM, which version 1 does not use.
    null,
    block.wall,
    block.hostHash,
  );
}

function readStart(value: Cbor): StartPayload {
  const fields = new Fields(value, "start", 10);
  if (fields.at(7) !== null) throw refusedField("start, field 7", "is reserved");
  return {
    type: "start",
    version: fields.text(0),
    bootId: fields.text(1),
    previousShutdownClean: fields.flag(2),
    redoneBlocks: fields.natural(3),
    fsType: fields.orNull(4, (key) => fields.text(key)),
    virtualised: fields.orNull(5, (key) => fields.text(key)),
    swapOn: fields.orNull(6, (key) => fields.flag(key)),
    wall: fields.moment(8),
    hostHash: fields.bytes(9, 32),
  };
}

function heartbeatValue(block: HeartbeatPayload): Cbor {
  const { clocks, distinctWitnesses7d, openLeases, trailHead } = block;
  return mapOf(clocksValue(clocks), distinctWitnesses7d, openLeases, ...trailValue(trailHead));
}

function readHeartbeat(value: Cbor): HeartbeatPayload {
  const fields = new Fields(value, "heartbeat", 3, 1);
  return {
    type: "heartbeat",
    clocks: readClocks(new Fields(fields.at(0), "heartbeat clocks", 6), 0),
    distinctWitnesses7d: fields.natural(1),
    openLeases: fields.natural(2),
    ...readTrail(fields, 3),
  };
}
