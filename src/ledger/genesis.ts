import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { DirectoryRow } from "./directory.ts";
import type { Predecessor } from "./payload.ts";
import type { ChainState } from "./state.ts";

/** What a new ledger is made from. */
export interface GenesisInput {
  readonly vendorName: string;
  /** The vendor's X25519 sealing key. */
  readonly sealingKey: Uint8Array;
  /** X25519 keys of auditors who may read: at most 8. */
  readonly recipients?: readonly Uint8Array[];
  /** The daemon's Ed25519 public key. */
  readonly daemonKey: Uint8Array;
  /** 32 bytes. */
  readonly hostHash: Uint8Array;
  readonly requestId: string;
  readonly createdAt: UnixMillis;
  readonly predecessor?: Predecessor;
  /** `count` fresh random bytes. */
  random(count: number): Uint8Array;
}

/** The first block and the secret state behind it. */
export interface Genesis {
  readonly chainId: ChainId;
  readonly origin: string;
  readonly block: Uint8Array;
  readonly leaf: Uint8Array;
  readonly directoryRow: DirectoryRow;
  readonly state: ChainState;
}
