import { z } from "zod";
import type { ChainId } from "../../base/ids.ts";
import {
  type Bytes32Text,
  bytes32Field,
  chainIdField,
  countField,
  vendorNameField,
} from "../fields.ts";
import { decodeVendorQuery, type VendorQuery } from "./fields.ts";
import { type AdminRoute, posted, queried } from "./route.ts";

// The way of acknowledged blocks out of the ledger file: written to an archive by the command, and
// cut off by the daemon when the archive was read back.

/** What can be archived at this moment: blocks `from` up to `size`; nothing where the two are equal. */
export interface AdminArchivePlan {
  readonly vendor: string;
  readonly chainId: ChainId;
  readonly from: number;
  /** Where the segment begins that holds the last acknowledged block: the next export needs it. */
  readonly size: number;
  /** The root over the first `size` blocks. */
  readonly root: Bytes32Text;
  /** Blocks that the vendor has acknowledged; 0 before the first receipt. */
  readonly acknowledged: number;
  /** Blocks in the ledger. */
  readonly blocks: number;
}

/** What an administrator has in an archive. */
export interface AdminCut {
  readonly vendor: string;
  readonly size: number;
  readonly root: Bytes32Text;
}

export interface AdminCutDone {
  readonly vendor: string;
  /** The first block behind block 0 that is in the ledger file. */
  readonly size: number;
  /** Bytes that the ledger file got shorter, and those that are kept of its blocks. */
  readonly freed: number;
  readonly kept: number;
}

export interface ArchiveRoutes {
  readonly planArchive: AdminRoute<VendorQuery, AdminArchivePlan>;
  /** Done before, it changes nothing. */
  readonly cutLedger: AdminRoute<AdminCut, AdminCutDone>;
}

const plan: z.ZodType<AdminArchivePlan> = z.strictObject({
  vendor: vendorNameField,
  chainId: chainIdField,
  from: countField,
  size: countField,
  root: bytes32Field,
  acknowledged: countField,
  blocks: countField,
});

const cut: z.ZodType<AdminCut> = z.strictObject({
  vendor: vendorNameField,
  size: countField,
  root: bytes32Field,
});

const done: z.ZodType<AdminCutDone> = z.strictObject({
  vendor: vendorNameField,
  size: countField,
  freed: countField,
  kept: countField,
});

export const ARCHIVE_ROUTES: ArchiveRoutes = {
  planArchive: { ...queried("GET", "/v1/ledger/archive", decodeVendorQuery), answer: plan },
  cutLedger: { ...posted("/v1/ledger/cut", cut), answer: done },
};
