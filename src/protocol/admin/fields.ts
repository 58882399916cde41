import { z } from "zod";
import { type Decoded, decode } from "../decode.ts";

// Words that the administration interface has besides those of the wire.

/** A name that somebody else has chosen: a pseudonym, a code, a unit. */
export const wordField: z.ZodType<string> = z.string().min(1).max(128);

/** The one key id of the ledger. */
export const keyIdField: z.ZodType<string> = z.string().regex(/^[0-9a-f]{16}$/);

/** Which vendor's things are meant. */
export interface VendorQuery {
  /** Needed where the daemon serves several. */
  readonly vendor?: string | undefined;
}

const vendorQuery: z.ZodType<VendorQuery> = z.object({ vendor: z.string().exactOptional() });

export const decodeVendorQuery = (query: unknown): Decoded<VendorQuery> =>
  decode(vendorQuery, query, "query");
