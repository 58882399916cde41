import type { Database } from "better-sqlite3";
import { concat } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { unixMillis } from "../base/time.ts";
import type { AckedLedger, AckedSegment, AckedState } from "../bundle/known-ledger.ts";
import { decodeDirectoryRow, encodeDirectoryRow } from "../ledger/directory.ts";
import type { Clocks } from "../ledger/payload.ts";

/** The acknowledged part of a ledger; undefined before its first accepted bundle. */
export function acknowledgedLedger(database: Database, chain: ChainId): AckedLedger | undefined {
  const row = database
    .prepare<[string], StateRow>("SELECT * FROM acknowledged WHERE chain_id = ?")
    .get(chain);
  if (row === undefined) return undefined;
  const byNumber = database.prepare<[string, number], SegmentRow>(
    "SELECT * FROM segments WHERE chain_id = ? AND segment = ?",
  );
  const byIndex = database.prepare<[string, number], SegmentRow>(
    "SELECT * FROM segments WHERE chain_id = ? AND first_index <= ? ORDER BY first_index DESC LIMIT 1",
  );
  return {
    state: stateOf(row),
    segment: (number) => segmentOf(byNumber.get(chain, number)),
    segmentAt: (index) => segmentOf(byIndex.get(chain, index)),
  };
}

/** How the ledger stood whenever something of it was acknowledged, the newest first. */
export function acknowledgedStates(database: Database, chain: ChainId): readonly AckedState[] {
  return database
    .prepare<[string], StateRow>(
      "SELECT * FROM acknowledged_before WHERE chain_id = ? ORDER BY size DESC",
    )
    .all(chain)
    .map(stateOf);
}

/** The segments that begin at or behind a block, or have it inside. */
export function segmentsFrom(
  database: Database,
  chain: ChainId,
  index: number,
): readonly AckedSegment[] {
  return database
    .prepare<[string, string, number], SegmentRow>(
      `SELECT * FROM segments WHERE chain_id = ? AND first_index >= coalesce(
         (SELECT max(first_index) FROM segments WHERE chain_id = ? AND first_index <= ?), 0)
       ORDER BY first_index`,
    )
    .all(chain, chain, index)
    .flatMap((row) => segmentOf(row) ?? []);
}

/** Forgets what was acknowledged behind the first `size` blocks. What is kept next replaces the rest. */
export function forgetBehind(database: Database, chain: ChainId, size: number): void {
  database.prepare("DELETE FROM segments WHERE chain_id = ? AND first_index >= ?").run(chain, size);
  database
    .prepare("DELETE FROM acknowledged_before WHERE chain_id = ? AND size > ?")
    .run(chain, size);
}

/** Puts the successor of the acknowledged state, and the segments that have grown, in their places. */
export function keepLedger(
  database: Database,
  chain: ChainId,
  state: AckedState,
  segments: readonly AckedSegment[],
): void {
  keepState(database, chain, state);
  for (const segment of segments) keepSegment(database, chain, segment);
}

function keepState(database: Database, chain: ChainId, state: AckedState): void {
  for (const table of ["acknowledged", "acknowledged_before"] as const) {
    keepStateIn(database, table, chain, state);
  }
}

function keepStateIn(
  database: Database,
  table: "acknowledged" | "acknowledged_before",
  chain: ChainId,
  state: AckedState,
): void {
  const { history } = state;
  const { clocks } = history;
  database
    .prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      chain,
      state.size,
      Buffer.from(state.root),
      state.lastEventId,
      history.exportNo,
      history.receiptNo,
      history.hostHash && Buffer.from(history.hostHash),
      clocks?.wall ?? null,
      clocks?.mono ?? null,
      clocks?.bootId ?? null,
      clocks?.highWater ?? null,
      clocks?.boottime ?? null,
      clocks?.clientSkewMedian ?? null,
      history.auditors.join(" "),
    );
}

function keepSegment(database: Database, chain: ChainId, segment: AckedSegment): void {
  database
    .prepare("INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    .run(
      chain,
      segment.row.segment,
      segment.row.index,
      Buffer.from(encodeDirectoryRow(segment.row)),
      segment.frontier && Buffer.from(concat(...segment.frontier)),
      segment.lastEventId,
      Buffer.from(segment.leaves),
      segment.lost.join(" "),
    );
}

interface StateRow {
  readonly size: number;
  readonly root: Buffer;
  readonly last_event_id: number;
  readonly export_no: number;
  readonly receipt_no: number;
  readonly host_hash: Buffer | null;
  readonly clock_wall: number | null;
  readonly clock_mono: number | null;
  readonly clock_boot_id: string | null;
  readonly clock_high_water: number | null;
  readonly clock_boottime: number | null;
  readonly clock_skew: number | null;
  readonly auditors: string;
}

function stateOf(row: StateRow): AckedState {
  return {
    size: row.size,
    root: new Uint8Array(row.root),
    lastEventId: row.last_event_id,
    history: {
      exportNo: row.export_no,
      receiptNo: row.receipt_no,
      hostHash: row.host_hash && new Uint8Array(row.host_hash),
      clocks: clocksOf(row),
      auditors: row.auditors.split(" ").filter((kid) => kid !== ""),
    },
  };
}

/** The clocks are sealed together: either all are there or none. */
function clocksOf(row: StateRow): Clocks | null {
  const { clock_wall: wall, clock_mono: mono, clock_boot_id: bootId, clock_high_water: high } = row;
  if (wall === null || mono === null || bootId === null || high === null) return null;
  return {
    wall: unixMillis(wall),
    mono,
    bootId,
    highWater: unixMillis(high),
    boottime: row.clock_boottime,
    clientSkewMedian: row.clock_skew,
  };
}

interface SegmentRow {
  readonly directory_row: Buffer;
  readonly frontier: Buffer | null;
  readonly last_event_id: number | null;
  readonly leaves: Buffer;
  readonly lost: string;
}

function segmentOf(row: SegmentRow | undefined): AckedSegment | undefined {
  return (
    row && {
      row: decodeDirectoryRow(new Uint8Array(row.directory_row)),
      frontier: row.frontier && hashesIn(row.frontier),
      lastEventId: row.last_event_id,
      leaves: new Uint8Array(row.leaves),
      lost: row.lost
        .split(" ")
        .filter((place) => place !== "")
        .map(Number),
    }
  );
}

const HASH_BYTES = 32;

function hashesIn(bytes: Buffer): readonly Uint8Array[] {
  return Array.from(
    { length: bytes.length / HASH_BYTES },
    (_, index) => new Uint8Array(bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
  );
}
