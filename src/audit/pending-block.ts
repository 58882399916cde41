import { fromBase64Url } from "../base/bytes.ts";
import { AEAD_BYTES, type BlockType, HEADER_BYTES, TAG_BYTES } from "../ledger/block.ts";
import { decodePayload } from "../ledger/payload-codec.ts";
import type { Readers } from "../ledger/readers.ts";
import type { AuditedBlock } from "./audit-report.ts";

/** A block that is to be sealed, as the daemon foresees it. */
export interface ForeseenBlock {
  readonly index: number;
  readonly segment: number;
  readonly indexInSegment: number;
  readonly type: BlockType;
  /** The bytes that are to be sealed, in base64url. */
  readonly plaintext: string;
  readonly readers?: Readers;
}

/**
 * The block as an auditor will see it.
 * @throws LedgerError `LEDGER_PAYLOAD`, RangeError when the bytes are no payload.
 */
export function foreseen({ readers, plaintext: text, ...block }: ForeseenBlock): AuditedBlock {
  const plaintext = fromBase64Url(text);
  const { payload } = decodePayload(block.type, block.index, plaintext);
  const tags = readers ? 2 * TAG_BYTES : TAG_BYTES;
  const extension = readers ? EXTENSION_BYTES + readers.auditors.length * SHARE_BYTES : 0;
  const bytes = HEADER_BYTES + extension + plaintext.length + AEAD_BYTES + tags;
  return { ...block, bytes, content: { kind: "opened", payload, plaintext }, readers };
}

/** Of a SEGMENT block (docs/spec/ledger.md, "Segment"), and for each auditor. */
const EXTENSION_BYTES = 105;
const SHARE_BYTES = 88;
