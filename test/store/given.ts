import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Pseudonym, parsePseudonym } from "../../src/base/identity.ts";
import {
  clientKey,
  idempotencyKey,
  instanceId,
  type LeaseId,
  leaseId,
} from "../../src/base/ids.ts";
import { minutes, unixMillis } from "../../src/base/time.ts";
import type { NewUsageEvent } from "../../src/base/usage-event.ts";
import type { PreparedBlock } from "../../src/ledger/draft.ts";
import type { StoredLease } from "../../src/seats/lease.ts";
import { openStore, type Store } from "../../src/store/database.ts";

export const noon = Date.parse("2026-11-22T12:00:00.000Z");
export const vendor = "acme.example";

export const ada: Pseudonym = parsePseudonym("u_AAAAAAAAAAAAAAAAAAAAAA");
const workstation: Pseudonym = parsePseudonym("h_BBBBBBBBBBBBBBBBBBBBBQ");
export const client = clientKey("A".repeat(43));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function storeIn(folder: string): Store {
  const store = openStore(join(folder, "seatkeeper.db"));
  onTestFinished(() => store.close());
  return store;
}

export function newLeaseId(number: number): LeaseId {
  return leaseId(number.toString(16).padStart(32, "0"));
}

export function leaseNumber(number: number): StoredLease {
  return {
    id: newLeaseId(number),
    client,
    instance: instanceId("c".repeat(32)),
    user: ada,
    host: workstation,
    feature: "cad.pro",
    version: "2026.1",
    count: 1,
    key: idempotencyKey(`acquire-${number}`),
    grantedAt: unixMillis(noon + number),
    leaseTime: minutes(1.5),
    overdraft: false,
    display: null,
    groups: ["cad-team", "field"],
    versionDate: null,
    seatSince: unixMillis(noon + number),
    borrowed: null,
    lingersUntil: null,
  };
}

export function granted(number: number): NewUsageEvent {
  return {
    type: "grant",
    wall: unixMillis(noon + number),
    feature: "cad.pro",
    count: 1,
    user: ada,
    lease: newLeaseId(number),
    overdraft: false,
  };
}

/** A block as the ledger would have built it; the store looks at its place only. */
export function block(
  index: number,
  sealed?: { readonly firstEventId: number; readonly count: number },
): PreparedBlock {
  return {
    type: "checkpoint",
    index,
    leaf: new Uint8Array(32).fill(index),
    outbox: {
      index,
      offset: index * 300,
      bytes: new Uint8Array(300).fill(index),
      entropy: new Uint8Array(0),
    },
    ...(sealed === undefined ? {} : { sealed }),
  };
}
