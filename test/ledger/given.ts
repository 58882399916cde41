import { utf8 } from "../../src/base/bytes.ts";
import type { Pseudonym } from "../../src/base/identity.ts";
import { clientKey, leaseId } from "../../src/base/ids.ts";
import { millis, type UnixMillis, unixMillis } from "../../src/base/time.ts";
import type { NamingChange, UsageEvent } from "../../src/base/usage-event.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import type { CheckpointDraft, SegmentDraft } from "../../src/ledger/draft.ts";
import { type Genesis, makeGenesis } from "../../src/ledger/genesis.ts";
import type { Clocks } from "../../src/ledger/payload.ts";

export const noon: UnixMillis = unixMillis(Date.UTC(2026, 10, 22, 12));
export const minutePast: UnixMillis = unixMillis(noon + 60_000);
export const nextDay: UnixMillis = unixMillis(noon + 86_400_000);
export const ada = "u_ADAADAADAADAADAADAADAA" as Pseudonym;
const bob = "u_BOBBOBBOBBOBBOBBOBBOBA" as Pseudonym;
const seat = leaseId("00112233445566778899aabbccddeeff");
export const workstation = clientKey("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

/** 32 bytes that are the same in every run. */
export const seeded = (name: string): Uint8Array => sha256(utf8(name));
export const vendorSecret: Uint8Array = seeded("vendor sealing key");
export const sealingKey: Uint8Array = x25519PublicKey(vendorSecret);
export const auditorSecret: Uint8Array = seeded("auditor key");
export const auditorKey: Uint8Array = x25519PublicKey(auditorSecret);

export const clocksAt = (wall: UnixMillis): Clocks => ({
  wall,
  mono: 120_000,
  bootId: "7c1f7c4e-1d0b-4f5e-9d9c-0a4c2f6a3b11",
  highWater: wall,
  boottime: 120_500,
  clientSkewMedian: null,
});

/** Random bytes that differ with each call and not with each run. */
function repeatableRandom(seed: string): (count: number) => Uint8Array {
  let call = 0;
  return (count) => {
    call += 1;
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 32) {
      bytes.set(seeded(`${seed} ${call} ${at}`).subarray(0, Math.min(32, count - at)), at);
    }
    return bytes;
  };
}

export function genesis(
  fields: { seed?: string; recipients?: readonly Uint8Array[] } = {},
): Genesis {
  return makeGenesis({
    vendorName: "acme.example",
    sealingKey,
    recipients: fields.recipients ?? [],
    daemonKey: seeded("daemon key"),
    hostHash: seeded("host"),
    requestId: "req-1",
    createdAt: noon,
    random: repeatableRandom(fields.seed ?? "genesis"),
  });
}

export const grant = (id: number, feature = "cad.pro"): UsageEvent => ({
  id,
  type: "grant",
  wall: noon,
  feature,
  count: 1,
  user: ada,
  lease: seat,
  overdraft: false,
});

export const borrow = (id: number, until: UnixMillis): UsageEvent => ({
  id,
  type: "borrow",
  wall: noon,
  feature: "cad.pro",
  count: 1,
  user: ada,
  lease: seat,
  until,
});

/** The end of a borrowed lease whose workstation came home early. */
export const giveBack = (id: number): UsageEvent => ({
  id,
  type: "end",
  wall: minutePast,
  feature: "cad.pro",
  count: 1,
  user: ada,
  lease: seat,
  reason: "returned",
  seatMillis: millis(60_000),
});

export const release = (id: number, seatMillis: number, feature = "cad.pro"): UsageEvent => ({
  id,
  type: "end",
  wall: minutePast,
  feature,
  count: 1,
  user: ada,
  lease: seat,
  reason: "released",
  seatMillis: millis(seatMillis),
});

export const denial = (id: number, reason = "NO_SEATS"): UsageEvent => ({
  id,
  type: "denial",
  wall: noon,
  feature: "cad.pro",
  reason,
  user: bob,
});

type Metered = Extract<UsageEvent, { readonly type: "usage" | "refund" }>;

export const usage = (id: number, units: number, usedAt: UnixMillis = noon): Metered => ({
  id,
  type: "usage",
  wall: noon,
  meter: "render.minutes",
  units,
  usedAt,
  user: ada,
  client: workstation,
});

export const refund = (id: number, units: number, usedAt: UnixMillis = noon): UsageEvent => ({
  ...usage(id, units, usedAt),
  type: "refund",
});

export const naming = (id: number, change: NamingChange, feature = "cad.pro"): UsageEvent => ({
  id,
  type: "naming",
  wall: noon,
  feature,
  user: bob,
  change,
});

export function checkpoint(
  events: readonly UsageEvent[],
  fields: Partial<CheckpointDraft> = {},
): CheckpointDraft {
  return {
    type: "checkpoint",
    detail: "events",
    firstEventId: events[0]?.id ?? 0,
    events,
    later: [],
    open: [],
    inUse: new Map(),
    from: noon,
    clocks: clocksAt(minutePast),
    ...fields,
  };
}

export function segment(seed: string, fields: Partial<SegmentDraft> = {}): SegmentDraft {
  return {
    type: "segment",
    createdAt: minutePast,
    highWater: minutePast,
    reason: "keys",
    sealingKey,
    recipients: [],
    entropy: repeatableRandom(seed)(64),
    ...fields,
  };
}
