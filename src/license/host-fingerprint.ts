import type { z } from "zod";
import { hex32, listOf, mapOf, matching } from "./fields.ts";

/** Which machine a ledger lives on, without telling anything about the machine. */
export interface HostFingerprint {
  /** 64 hex digits. */
  readonly hash: string;
  /** What went into the hash, for example `machine-id`. */
  readonly parts: readonly string[];
}

export const hostFingerprintField: z.ZodType<HostFingerprint> = mapOf({
  hash: hex32,
  parts: listOf(matching(/^[a-z0-9-]{1,32}$/, "a short name of lower-case letters and dashes")),
});

/** What `hostFingerprintField` decodes. */
export function encodeHostFingerprint({ hash, parts }: HostFingerprint): object {
  return { hash, parts };
}
