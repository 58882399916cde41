import { HEX_16, leaseId } from "../../base/ids.ts";
import { isoTime } from "../../base/time.ts";
import type { AdminSeat } from "../../protocol/admin.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { admin, SITE_OPTIONS } from "./site-options.ts";
import { counted, spanInWords } from "./words.ts";

const list = command({
  command: "list",
  summary: "list the seats that are held now",
  options: { ...SITE_OPTIONS, ...JSON_OPTION },
  async run(options, shell) {
    const { seats } = await admin(options, shell).seats();
    if (options.json) {
      shell.out.json({ seats });
      return EXIT.done;
    }
    if (seats.length === 0) {
      shell.out.note("no seat is held");
      return EXIT.done;
    }
    shell.out.table(
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
    return EXIT.done;
  },
});

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
    ...SITE_OPTIONS,
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
  command: "revoke <lease>",
  summary: "take a seat back; its holder is told",
  options: {
    lease: { type: "string", demandOption: true, describe: "the lease, as `seats list` shows it" },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  async run(options, shell) {
    if (!HEX_16.test(options.lease)) {
      throw usageError("a lease has 32 hex digits", "see: seatkeeper seats list");
    }
    const revoked = await admin(options, shell).revoke(leaseId(options.lease));
    if (options.json) shell.out.json(revoked);
    else shell.out.note(`revoked ${revoked.lease}`);
    return EXIT.done;
  },
});

export const seats: Command = group("seats", "list, revoke and release seats", [
  list,
  revoke,
  release,
]);
