import { HEX_16, leaseId } from "../../base/ids.ts";
import { isoTime } from "../../base/time.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { admin, SITE_OPTIONS } from "./site-options.ts";
import { spanInWords } from "./words.ts";

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
        `${seat.connected ? "connected" : "away"}${seat.overdraft ? ", overdraft" : ""}`,
      ]),
    );
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

export const seats: Command = group("seats", "list and revoke seats", [list, revoke]);
