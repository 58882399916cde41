// Requests for seats.
import { renewLease } from "./continuing.ts";
import { type Asked, type Expected, wordsOf } from "./expected.ts";
import { takeSeats } from "./holding.ts";
import { aheadOf, keepsSeats, lineFor, priorityOf } from "./line.ts";
import {
  byAge,
  type Held,
  isSame,
  isSameWish,
  type Records,
  type Refused,
  type Waiting,
  wishOf,
} from "./records.ts";
import { reservedForEver, whyNever } from "./room.ts";
import { countOvertaken, serveAll } from "./serving.ts";

export function acquire(records: Records, command: Asked<"acquire">): Expected {
  const isRequest = ({ client, key }: { client: string; key: string }): boolean =>
    client === command.by.client && key === command.key;
  const waiting = records.queue.find(({ asked }) => isRequest({ ...asked.by, key: asked.key }));
  if (waiting !== undefined) return waitOn(records, command, waiting);
  const known = records.leases.find((one) => isRequest(one) && one.lingersUntil === null);
  if (known !== undefined) return acquireAgain(records, command, known);
  const never = whyNever(records, wishOf(command), command.by.standing.bound);
  if (never !== undefined) return denied(records, command, never);
  // LAW: one client has a limited number of leases and places.
  const holdings = [
    ...records.leases.filter(({ lingersUntil }) => lingersUntil === null),
    ...records.queue.map(({ asked }) => asked.by),
  ].filter(({ client }) => client === command.by.client);
  if (holdings.length >= records.limits.leasesPerClient) {
    return denied(records, command, { reason: "OVER_MAX" });
  }
  return grantOrQueue(records, command);
}

/** Seats as far as they are neither taken nor kept for who comes first. */
export function takeNow(records: Records, command: Asked<"acquire">): ReturnType<typeof takeSeats> {
  const priority = priorityOf(records, wishOf(command));
  const rank = { ticket: records.nextTicket, priority, isDue: false };
  const ahead = aheadOf(records, command.feature, rank)
    .filter((waiting) => keepsSeats(records, waiting, records.leases))
    .map(({ asked }) => wishOf(asked));
  const taken = takeSeats(records, command, ahead, records.nextPlace);
  if ("reason" in taken) return taken;
  records.nextTicket += 1;
  records.nextPlace += 1;
  if (!taken.isOwn) countOvertaken(records, command.feature, rank);
  return taken;
}

function grantOrQueue(records: Records, command: Asked<"acquire">): Expected {
  const { queueLength } = records.limits;
  const wish = wishOf(command);
  const taken = takeNow(records, command);
  if (!("reason" in taken)) return { kind: "granted", lease: taken.id };
  // LAW: waiting is for seats that can come free, in a queue that is not full.
  if (taken.reason === "OVER_MAX") return denied(records, command, taken);
  const forEver = reservedForEver(records, wish);
  if (forEver) return denied(records, command, forEver);
  if (!command.wait) return denied(records, command, taken);
  const own = records.queue.filter(({ asked }) => asked.feature === command.feature);
  if (own.length >= queueLength) return denied(records, command, { reason: "QUEUE_FULL" });
  const place = records.nextPlace;
  records.queue.push({
    asked: command,
    place,
    ticket: records.nextTicket,
    overtaken: 0,
    awayUntil: undefined,
  });
  records.nextTicket += 1;
  records.nextPlace += 1;
  return { kind: "queued", position: position(records, command) };
}

/** LAW: the same request again is the same lease again, and lasts a whole lease time from now. */
function acquireAgain(records: Records, command: Asked<"acquire">, lease: Held): Expected {
  const { by, liveInstances } = command;
  // LAW: the next process of the same client has it, once the one that was granted it is gone.
  const isGone = liveInstances !== undefined && !liveInstances.has(lease.instance);
  if (!isSame(lease, by) && !isGone) return { kind: "denied", reason: "NOT_YOUR_LEASE" };
  if (!isSameWish(command, lease)) return { kind: "denied", reason: "KEY_REUSED" };
  const renewed = renewLease(records, lease, by, true);
  return "reason" in renewed
    ? { kind: "denied", ...wordsOf(renewed) }
    : { kind: "granted", lease: lease.id };
}

/** LAW: who asks again keeps the place, and is judged by the rules and groups of now. */
function waitOn(records: Records, command: Asked<"acquire">, waiting: Waiting): Expected {
  const { by } = command;
  if (waiting.awayUntil === undefined && !isSame(waiting.asked.by, by)) {
    return { kind: "denied", reason: "NOT_YOUR_LEASE" };
  }
  if (!isSameWish(command, waiting.asked)) return { kind: "denied", reason: "KEY_REUSED" };
  waiting.asked = { ...waiting.asked, by };
  waiting.awayUntil = undefined;
  const wish = wishOf(waiting.asked);
  const never = whyNever(records, wish, by.standing.bound) ?? reservedForEver(records, wish);
  if (never !== undefined) {
    records.queue = records.queue.filter((one) => one !== waiting);
    return { kind: "denied", ...wordsOf(never) };
  }
  serveAll(records);
  if (records.queue.includes(waiting)) {
    return { kind: "queued", position: position(records, waiting.asked) };
  }
  records.told = records.told.filter((told) => told !== `granted ${waiting.asked.newLease}`);
  return { kind: "granted", lease: waiting.asked.newLease };
}

/** LAW: a denial tells the place there is or would be, and who is in the way where the site lets it. */
export function denied(records: Records, command: Asked<"acquire">, refused: Refused): Expected {
  const { showHolders, max } = records.terms.rules;
  const rule = max.find(({ ruleId }) => ruleId === refused.ruleId);
  const isGroup = refused.reason === "OVER_MAX" && rule?.per === "group";
  const mayTell = isGroup || ["NO_SEATS", "QUEUE_FULL"].includes(refused.reason);
  const users = records.leases
    .filter(({ feature }) => feature === command.feature)
    .filter(({ groups }) => !isGroup || (rule.who ?? groups).some((one) => groups.includes(one)))
    .toSorted(byAge)
    .map(({ user }) => user);
  const holders = mayTell && showHolders !== "none" ? [...new Set(users)].slice(0, 8) : [];
  const mayPass =
    !refused.isLasting &&
    ["NO_SEATS", "QUEUE_FULL", "RESERVED_FOR_OTHERS"].includes(refused.reason);
  return {
    kind: "denied",
    ...wordsOf(refused),
    ...(mayPass ? { position: position(records, command) } : {}),
    ...(holders.length > 0 ? { holders } : {}),
  };
}

/** LAW: the place is counted from 1, among those who wait for the same feature. */
function position(records: Records, command: Asked<"acquire">): number {
  const own = ownLine(records, command.feature);
  const at = own.findIndex(
    ({ asked }) => asked.by.client === command.by.client && asked.key === command.key,
  );
  if (at !== -1) return at + 1;
  const priority = priorityOf(records, wishOf(command));
  const rank = { ticket: records.nextTicket, priority, isDue: false };
  const ahead = aheadOf(records, command.feature, rank);
  return ahead.filter(({ asked }) => asked.feature === command.feature).length + 1;
}

/** Those who wait for the feature, in the order of service. */
export function ownLine(records: Records, feature: string): readonly Waiting[] {
  return lineFor(records, feature).filter(({ asked }) => asked.feature === feature);
}
