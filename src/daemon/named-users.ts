import type { Log } from "../log/log.ts";
import { pseudonymOf } from "../privacy/pseudonym.ts";
import type {
  AdminNamedAnswer,
  AdminNamedEdits,
  AdminNamedList,
  AskNamedUserRequest,
  EditNamedUsersRequest,
} from "../protocol/admin/named-users.ts";
import type { Answer } from "../seats/decision.ts";
import { denialOf } from "./replies.ts";
import type { Site } from "./site.ts";
import type { VendorDesk } from "./vendor-desk.ts";
import { deskSelling } from "./why.ts";

// Names come in here and become pseudonyms in the same call: lists, log and ledger have those alone.

/** The lists of every feature that is for named users. */
export function namedLists(desks: Iterable<VendorDesk>): readonly AdminNamedList[] {
  return [...desks].flatMap((desk) =>
    desk.view().named.map((list) => ({ vendor: desk.name, ...list })),
  );
}

/**
 * Puts users on the list of a feature or takes them off, one after the other: each change is durable,
 * on its way into the ledger and in the log before the next is made, and one that the license does not
 * allow keeps none of the others back.
 * @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED, ADMIN_NOT_WRITTEN: what came before it holds.
 */
export async function editNamedUsers(
  { desks, siteKey }: Site,
  log: Log,
  request: EditNamedUsersRequest,
): Promise<AdminNamedEdits> {
  const { feature, change } = request;
  const desk = deskSelling(desks, request);
  const kind = change === "add" ? "name-user" : "unname-user";
  const results: AdminNamedEdits["results"][number][] = [];
  for (const name of request.users) {
    const user = pseudonymOf(siteKey.pseudonymKey, "user", name);
    // oxlint-disable-next-line no-await-in-loop -- the order decides whom the license has room for
    const result = outcomeOf(await desk.tell({ kind, feature, user }));
    results.push({ user, ...result });
    if (result.outcome === "changed") {
      log.info("named-users.changed", { vendor: desk.name, feature, change, pseudonym: user });
    }
  }
  return { vendor: desk.name, feature, results };
}

/** @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED. */
export function askNamedUser(
  { desks, siteKey }: Site,
  request: AskNamedUserRequest,
): AdminNamedAnswer {
  const desk = deskSelling(desks, request);
  const { feature } = request;
  const user = pseudonymOf(siteKey.pseudonymKey, "user", request.user);
  const list = desk.view().named.find((one) => one.feature === feature);
  const named = list?.users.find((one) => one.user === user) ?? null;
  return { vendor: desk.name, feature, user, named };
}

function outcomeOf(answer: Answer): Omit<AdminNamedEdits["results"][number], "user"> {
  if (answer.kind === "listed") {
    return { outcome: answer.changed ? "changed" : "unchanged", denial: null };
  }
  if (answer.kind === "denied") return { outcome: "denied", denial: denialOf(answer.denial) };
  throw new TypeError(`a change of a list was answered with ${answer.kind}`);
}
