// Nothing here runs; the assertion is that it compiles, expected errors included.
import type { Pseudonym, RawIdentity } from "../../src/base/identity.ts";
import type { NewUsageEvent } from "../../src/base/usage-event.ts";

declare const raw: RawIdentity;
declare const pseudonym: Pseudonym;
declare const grant: Extract<NewUsageEvent, { type: "grant" }>;

export const kept: NewUsageEvent = { ...grant, user: pseudonym };

// @ts-expect-error a raw identity must not reach a usage event
export const leaked: NewUsageEvent = { ...grant, user: raw };

// @ts-expect-error plain text is no pseudonym
export const forged: NewUsageEvent = { ...grant, user: "ada" };

// @ts-expect-error a pseudonym is not a raw identity either: nobody hashes twice
export const backwards: RawIdentity = pseudonym;
