import { z } from "zod";
import type { ChainId } from "../../base/ids.ts";
import { chainIdField, countField, vendorNameField } from "../fields.ts";
import { decodeVendorQuery, keyIdField, type VendorQuery } from "./fields.ts";
import { type AdminRequest, type AdminRoute, bare, handedIn, queried } from "./route.ts";

// The way of usage to the vendor: sealed at a checkpoint, exported, acknowledged by a receipt.

export interface AdminCheckpoint {
  /** One entry per vendor whose ledger grew. */
  readonly sealed: readonly {
    readonly vendor: string;
    /** Blocks after the checkpoint. */
    readonly size: number;
    readonly events: number;
  }[];
}

/** What an export would hold at this moment. */
export interface AdminPreview {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** Its first block. */
  readonly fromIndex: number;
  /** Blocks that are sealed. */
  readonly size: number;
  /** Those that would be sealed for it, in order, the EXPORT block last. */
  readonly pending: readonly PendingBlock[];
}

/** A block that is not sealed yet. */
export interface PendingBlock {
  readonly index: number;
  readonly segment: number;
  readonly indexInSegment: number;
  readonly type: (typeof BLOCK_TYPE_WORDS)[number];
  /** The very bytes that would be sealed, in base64url. */
  readonly plaintext: string;
  /** Of a SEGMENT block: who would read the blocks after it, by key id. */
  readonly readers?: { readonly vendor: string; readonly auditors: readonly string[] };
}

/** Types of blocks, as the ledger calls them. */
const BLOCK_TYPE_WORDS = [
  "segment",
  "checkpoint",
  "receipt",
  "export",
  "incident",
  "start",
  "heartbeat",
  "close",
] as const;

interface AdminReceipt {
  readonly vendor: string;
  readonly receiptNo: number;
  /** Blocks acknowledged by it. */
  readonly acknowledged: number;
}

export interface SealedUsageRoutes {
  readonly checkpoint: AdminRoute<undefined, AdminCheckpoint>;
  /** The answer is the bundle's bytes. */
  readonly exportUsage: AdminRequest<VendorQuery>;
  /** What an export would hold now; nothing is sealed or counted for it. */
  readonly previewExport: AdminRoute<VendorQuery, AdminPreview>;
  /** The file is a receipt. */
  readonly importReceipt: AdminRoute<Uint8Array, AdminReceipt>;
}

const checkpoint: z.ZodType<AdminCheckpoint> = z.strictObject({
  sealed: z.array(
    z.strictObject({ vendor: vendorNameField, size: countField, events: countField }),
  ),
});

const pendingBlock: z.ZodType<PendingBlock> = z.strictObject({
  index: countField,
  segment: countField,
  indexInSegment: countField,
  type: z.enum(BLOCK_TYPE_WORDS),
  plaintext: z.string().regex(/^[\w-]+$/),
  readers: z
    .strictObject({ vendor: keyIdField, auditors: z.array(keyIdField).max(8) })
    .exactOptional(),
});

const preview: z.ZodType<AdminPreview> = z.strictObject({
  vendor: vendorNameField,
  chainId: chainIdField,
  fromIndex: countField,
  size: countField,
  pending: z.array(pendingBlock),
});

const receipt: z.ZodType<AdminReceipt> = z.strictObject({
  vendor: vendorNameField,
  receiptNo: countField,
  acknowledged: countField,
});

export const SEALED_USAGE_ROUTES: SealedUsageRoutes = {
  checkpoint: { ...bare("POST", "/v1/checkpoint"), answer: checkpoint },
  exportUsage: queried("POST", "/v1/usage/export", decodeVendorQuery),
  previewExport: { ...queried("GET", "/v1/usage/export", decodeVendorQuery), answer: preview },
  importReceipt: { ...handedIn("/v1/receipts"), answer: receipt },
};
