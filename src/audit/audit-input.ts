import type { ChainId } from "../base/ids.ts";
import type { PieceCodec } from "../ledger/archive.ts";
import type { AuditedBlock } from "./audit-report.ts";

/** What the site's own license says about its ledger; the caller has verified it. */
export interface AuditAnchor {
  readonly chainId: ChainId;
  readonly origin: string;
  readonly daemonKey: Uint8Array;
  readonly genesisLeaf: Uint8Array;
}

export interface AuditInput {
  /** The auditor's X25519 secret; without it only what stands in the open is looked at. */
  readonly secret?: Uint8Array | undefined;
  /** Key ids of further auditors that may be there. */
  readonly knownReaders?: ReadonlySet<string>;
  readonly license?: AuditAnchor | undefined;
  /** Unpacks archives; without it none is taken for one. */
  readonly codec?: PieceCodec;
  /** Is shown each block, in order. What it is shown is only as good as the report that follows. */
  readonly visitor?: (block: AuditedBlock) => void;
}
