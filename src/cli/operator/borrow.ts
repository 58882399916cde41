import { HEX_16, type LeaseId, leaseId } from "../../base/ids.ts";
import { isoTime } from "../../base/time.ts";
import {
  type Borrowed,
  borrowedHere,
  connect,
  SeatDeniedError,
  type Seatkeeper,
} from "../../client/index.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { CliError, usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { withProspects } from "./denial-words.ts";
import { KEEPER_OPTIONS, keeperOptions, workstationOptions } from "./keeper-options.ts";
import { seatWish } from "./seat-wish.ts";
import { stopSignal } from "./stop-signal.ts";
import { counted, spanInWords } from "./words.ts";

/** A minute: for less, nobody leaves the network. */
const LEAST_DAYS = 1 / 1_440;

const text = { type: "string", requiresArg: true } as const;

/** `seatkeeper borrow`: a seat goes off the network, to be used on this computer alone. */
export const borrow: Command = command({
  command: "borrow",
  summary: "take a seat off the network for some days, for this computer",
  options: {
    feature: { ...text, demandOption: true, describe: "the feature" },
    days: {
      type: "number",
      requiresArg: true,
      demandOption: true,
      describe: "for how long from now; 0.5 is half a day",
    },
    renew: {
      type: "boolean",
      default: false,
      describe: "borrow anew at half of the time, whenever a program here reaches the server",
    },
    "feature-version": { ...text, describe: "the version of the program" },
    "version-date": {
      ...text,
      describe: "the day it was released, as 2026-11-30; where maintenance has an end",
    },
    count: { type: "number", requiresArg: true, default: 1, describe: "seats to borrow" },
    ...KEEPER_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["borrow --feature cad.pro --days 7", "for a week without the server"],
    ["borrow --feature cad.pro --days 2 --renew", "always good for a day or two on the road"],
    ["borrow --feature cad.pro --days 14", "what is borrowed already, for longer"],
  ],
  async run(options, shell) {
    const { feature, ...wish } = seatWish(options);
    const { days, renew } = options;
    if (!(days >= LEAST_DAYS && days <= 366)) {
      throw usageError("--days is a number up to 366, and at least a minute: 0.0007");
    }
    const borrowed = await withKeeper(options, shell, async (keeper) => {
      if (keeper.server === undefined) throw notConnected();
      return keeper.borrow(feature, { ...wish, days, renew }).catch(rethrow);
    });
    if (options.json) {
      shell.out.json(jsonOf(borrowed));
      return EXIT.done;
    }
    const { count, until } = borrowed;
    shell.out.line(`borrowed  ${counted(count, "seat")} of ${feature}`);
    shell.out.line(`until     ${isoTime(until)}`);
    shell.out.line(`lease     ${borrowed.leaseId}`);
    shell.out.note(`give it back early with: seatkeeper return --feature ${feature}`);
    return EXIT.done;
  },
});

/** `seatkeeper return`: what was borrowed goes back before its time. */
export const giveBack: Command = command({
  command: "return",
  summary: "give borrowed seats back before their time",
  options: {
    feature: { ...text, describe: "the feature: all that is borrowed of it" },
    lease: { ...text, describe: "the lease, as `seatkeeper borrowed` shows it" },
    ...KEEPER_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["return --feature cad.pro", "back at the desk"]],
  async run(options, shell) {
    const isMeant = chosen(options);
    const returned = await withKeeper(options, shell, async (keeper) => {
      const meant = keeper.borrowed.filter(isMeant);
      if (meant.length === 0) throw nothingBorrowed();
      const outcomes = [];
      for (const { leaseId: lease, feature, count } of meant) {
        // oxlint-disable-next-line no-await-in-loop -- the first refusal ends it
        outcomes.push({ lease, feature, count, outcome: await keeper.return(lease) });
      }
      return outcomes;
    });
    if (options.json) {
      shell.out.json({ returned });
      return EXIT.done;
    }
    for (const { feature, count, outcome } of returned) {
      shell.out.note(`returned ${counted(count, "seat")} of ${feature}`);
      if (outcome === "pending") {
        shell.out.warn("the license server is out of reach; it is told at the next connection");
      }
    }
    return EXIT.done;
  },
});

/** `seatkeeper borrowed`: needs no server. */
export const borrowed: Command = command({
  command: "borrowed",
  summary: "list what this computer has borrowed; needs no server",
  options: { "vendor-file": KEEPER_OPTIONS["vendor-file"], ...JSON_OPTION },
  examples: [["borrowed", "how long is it good for?"]],
  async run(options, shell) {
    const found = await borrowedHere(workstationOptions(options, shell));
    if (options.json) {
      shell.out.json({ borrowed: found.map(jsonOf) });
      return EXIT.done;
    }
    if (found.length === 0) {
      shell.out.note("nothing is borrowed");
      return EXIT.done;
    }
    shell.out.table(
      [
        { title: "feature" },
        { title: "version" },
        { title: "seats", align: "right" },
        { title: "until" },
        { title: "left", align: "right" },
        { title: "renewed" },
        { title: "lease" },
      ],
      found.map((each) => [
        each.feature,
        each.version === "0" ? "any" : each.version,
        String(each.count),
        isoTime(each.until),
        each.remaining === 0 ? "over" : spanInWords(each.remaining),
        each.renewFor === null ? "no" : `for ${spanInWords(each.renewFor)}`,
        each.leaseId,
      ]),
    );
    return EXIT.done;
  },
});

async function withKeeper<Result>(
  options: Parameters<typeof keeperOptions>[0],
  shell: Parameters<typeof keeperOptions>[1],
  work: (keeper: Seatkeeper) => Promise<Result>,
): Promise<Result> {
  const keeper = await connect({ ...keeperOptions(options, shell), signal: stopSignal() });
  try {
    return await work(keeper);
  } finally {
    await keeper.close();
  }
}

/** @throws CliError USAGE unless exactly one of the options says what is meant. */
function chosen(options: {
  readonly feature?: string | undefined;
  readonly lease?: string | undefined;
}): (borrowed: Borrowed) => boolean {
  const { feature, lease } = options;
  if ((feature === undefined) === (lease === undefined))
    throw usageError("say what to return with --feature or --lease", "see: seatkeeper borrowed");
  if (lease === undefined) return (each) => each.feature === feature;
  if (!HEX_16.test(lease))
    throw usageError("a lease has 32 hex digits", "see: seatkeeper borrowed");
  const wanted: LeaseId = leaseId(lease);
  return (each) => each.leaseId === wanted;
}

function jsonOf({ until, from, remaining, ...rest }: Borrowed): object {
  return { ...rest, from: isoTime(from), until: isoTime(until), remainingMs: remaining };
}

function rethrow(error: unknown): never {
  throw error instanceof SeatDeniedError ? withProspects(error) : error;
}

function notConnected(): CliError {
  return new CliError("SERVER_NEEDED", "no license server can be reached", {
    hint: "what is borrowed already is good without one; see seatkeeper borrowed",
  });
}

function nothingBorrowed(): CliError {
  return new CliError("NOTHING_BORROWED", "nothing like this is borrowed here", {
    hint: "see what is: seatkeeper borrowed",
  });
}
