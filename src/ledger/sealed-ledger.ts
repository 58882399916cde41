import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { BlockDraft, PreparedBlock } from "./draft.ts";
import type { Genesis } from "./genesis.ts";
import type { LedgerFiles, OutboxRow } from "./ports.ts";
import type { RecoveryFinding } from "./recovery.ts";

export interface OpenOptions {
  readonly vendorName: string;
  /** The leaf hash the installed license binds; undefined before a license is installed. */
  readonly genesisLeaf?: Uint8Array;
}

export interface OpenedLedger {
  readonly ledger: SealedLedger;
  readonly findings: readonly RecoveryFinding[];
  /** Blocks that a crash had left unfinished and that were written again. */
  readonly redone: number;
}

/** The one writer of a ledger. */
export declare class SealedLedger {
  static create(files: LedgerFiles, genesis: Genesis): SealedLedger;
  static open(files: LedgerFiles, outbox: readonly OutboxRow[], options: OpenOptions): OpenedLedger;
  get chainId(): ChainId;
  get origin(): string;
  /** Blocks. */
  get size(): number;
  /** RFC 6962 root over them. */
  get root(): Uint8Array;
  /** Blocks the vendor has acknowledged. */
  get ackSize(): number;
  get ackRoot(): Uint8Array;
  /** Length of the chain file. */
  get length(): number;
  needsSegment(highWater: UnixMillis): boolean;
  prepare(draft: BlockDraft): PreparedBlock;
  publish(prepared: PreparedBlock): void;
  abandon(prepared: PreparedBlock): void;
  tip(): Uint8Array;
}
