import { HEX_16, leaseId } from "../../base/ids.ts";
import { between, isoTime, millis } from "../../base/time.ts";
import { systemClock } from "../../clock/system-clock.ts";
import type { AdminClient } from "../../daemon/admin-client.ts";
import type {
  AdminRevoked,
  AdminSeat,
  AdminSeats,
  HolderQuery,
} from "../../protocol/admin/seats.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { identity } from "./identity-option.ts";
import { showLive } from "./live-view.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";
import { counted, spanInWords } from "./words.ts";

/** Who is meant, as clients name them. The daemon turns the names into pseudonyms and forgets them. */
const HOLDER_OPTIONS = {
  user: { type: "string", requiresArg: true, describe: "of this login, as the client sends it" },
  host: {
    type: "string",
    requiresArg: true,
    describe: "of this host name, as the client sends it",
  },
} as const;

const list = command({
  command: "list",
  summary: "list the seats that are held now",
  options: {
    watch: {
      type: "boolean",
      default: false,
      describe: "go on showing each change until ctrl-c; without a terminal a line of JSON each",
    },
    ...HOLDER_OPTIONS,
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["seats list --user ada", "what ada holds, and the pseudonym she has in logs and lists"],
  ],
  async run(options, shell) {
    const holder = holderIn(options);
    const client = admin(options, shell);
    if (options.watch) {
      const states = (until: AbortSignal): AsyncIterable<AdminSeats> =>
        seatsLive(client, holder, until);
      await showLive(shell.out, options.json, states, (out, { seats }) =>
        seats.length === 0 ? out.line("no seat is held") : show(out, seats),
      );
      return EXIT.done;
    }
    if (holder !== undefined) {
      const found = await client.find(holder);
      if (options.json) shell.out.json(found);
      else {
        const names = [found.user, found.host].filter((name) => name !== null);
        shell.out.note(`known here as ${names.join(" on ")}`);
        for (const { feature, position } of found.queue) {
          shell.out.note(`waits for ${feature}, place ${position}`);
        }
        show(shell.out, found.seats);
      }
      return EXIT.done;
    }
    const { seats } = await client.seats();
    if (options.json) shell.out.json({ seats });
    else show(shell.out, seats);
    return EXIT.done;
  },
});

/**
 * The seats each time they differ. Every grant and end shows in the status too, as an event that waits
 * to be sealed, so the status says when to look. A list that takes long is asked for less often.
 * @yields each list.
 */
async function* seatsLive(
  client: AdminClient,
  holder: HolderQuery | undefined,
  until: AbortSignal,
): AsyncGenerator<AdminSeats, void, undefined> {
  const clock = systemClock();
  let shown = "";
  for await (const _ of client.watchStatus(until)) {
    const from = clock.now().mono;
    const { seats } = holder === undefined ? await client.seats() : await client.find(holder);
    const pause = millis(PACE * between(from, clock.now().mono));
    const telling = JSON.stringify(seats, (name, value: unknown) =>
      name === "expiresInMs" ? undefined : value,
    );
    if (telling !== shown) yield { seats };
    shown = telling;
    await new Promise<void>((resolve) => void clock.after(pause, resolve));
  }
}

/** The daemon makes lists for at most a tenth of the time. */
const PACE = 9;

function show(out: Output, seats: readonly AdminSeat[]): void {
  if (seats.length === 0) return out.note("no seat is held");
  out.table(
    [
      { title: "lease" },
      { title: "feature" },
      { title: "seats", align: "right" },
      { title: "user" },
      { title: "host" },
      { title: "since" },
      { title: "ends in", align: "right" },
      { title: "state" },
    ],
    seats.map((seat) => [
      seat.lease,
      seat.feature,
      String(seat.count),
      seat.user,
      seat.host,
      isoTime(seat.grantedAt),
      spanInWords(seat.expiresInMs),
      `${whereabouts(seat)}${seat.overdraft ? ", overdraft" : ""}`,
    ]),
  );
}

function whereabouts({ borrowedUntil, connected }: AdminSeat): string {
  if (borrowedUntil !== null) return `borrowed until ${isoTime(borrowedUntil)}`;
  return connected ? "connected" : "away";
}

const release = command({
  command: "release",
  summary: "free a borrowed seat whose workstation is lost, by a release of the vendor",
  options: {
    note: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "the vendor's release, *.skrelease",
    },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["seats release --note lost.skrelease", "a laptop was stolen, the vendor has signed"]],
  async run(options, shell) {
    const note = readSignedInput(options.note, "borrow-release");
    const released = await admin(options, shell).releaseBorrowed(note);
    const { count, feature, lease } = released;
    if (options.json) shell.out.json(released);
    else shell.out.note(`released ${counted(count, "seat")} of ${feature}, lease ${lease}`);
    return EXIT.done;
  },
});

const revoke = command({
  command: "revoke [lease]",
  summary: "take a seat back, or all of somebody; the holder is told",
  options: {
    lease: { type: "string", describe: "the lease, as `seats list` shows it" },
    ...HOLDER_OPTIONS,
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["seats revoke --user ada --host ws7", "all seats that ada holds on ws7"]],
  async run(options, shell) {
    const holder = holderIn(options);
    if (options.lease !== undefined && holder !== undefined) {
      throw usageError(
        "a lease and --user or --host are both given, and one of them is enough",
        "leave out --user and --host to take that one seat, or the lease to take all of somebody",
      );
    }
    if (options.lease === undefined && holder === undefined) {
      throw usageError(
        "name a lease, or somebody by --user and --host",
        "see: seatkeeper seats list",
      );
    }
    const client = admin(options, shell);
    if (holder !== undefined) {
      const revoked = await client.revokeHeld(holder);
      if (options.json) shell.out.json(revoked);
      else tellRevoked(shell.out, revoked);
      return revoked.kept.length === 0 ? EXIT.done : EXIT.refused;
    }
    const { lease = "" } = options;
    if (!HEX_16.test(lease)) {
      throw usageError("a lease has 32 hex digits", "see: seatkeeper seats list");
    }
    const revoked = await client.revoke(leaseId(lease));
    if (options.json) shell.out.json(revoked);
    else shell.out.note(`revoked ${revoked.lease}`);
    return EXIT.done;
  },
});
function tellRevoked(out: Output, { leases, kept }: AdminRevoked): void {
  if (leases.length + kept.length === 0) out.note("no seat is held");
  for (const lease of leases) out.note(`revoked ${lease}`);
  for (const lease of kept) {
    out.warn(`${lease} is borrowed: its workstation returns it, or the vendor's release frees it`);
  }
}

function holderIn(options: {
  readonly user?: string | undefined;
  readonly host?: string | undefined;
}): HolderQuery | undefined {
  const { user, host } = options;
  if (user === undefined && host === undefined) return undefined;
  return {
    ...(user === undefined ? {} : { user: identity("--user", user) }),
    ...(host === undefined ? {} : { host: identity("--host", host) }),
  };
}

export const seats: Command = group("seats", "list, revoke and release seats", [
  list,
  revoke,
  release,
]);
