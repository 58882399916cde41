import { isoTime, type UnixMillis } from "../../base/time.ts";
import type {
  AdminAuditor,
  AdminReport,
  AdminStandIn,
  AdminStatus,
  AdminVendor,
} from "../../protocol/admin/status.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { showLive } from "./live-view.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";
import { counted, isLicense, spanInWords } from "./words.ts";

/** `seatkeeper status`: exit code 1 when the daemon runs but cannot serve; 0 where it was watched. */
export const status: Command = command({
  command: "status",
  summary: "show whether the daemon can serve, and what is in use",
  options: {
    watch: {
      type: "boolean",
      default: false,
      describe: "go on showing each change until ctrl-c; without a terminal a line of JSON each",
    },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["status", "is all well, and what is in use?"],
    ["status --watch", "the same, live"],
    ["status --watch --json | jq .ready", "a script that follows"],
  ],
  async run(options, shell) {
    if (options.watch) {
      const states = (until: AbortSignal): AsyncIterable<AdminStatus> =>
        admin(options, shell).watchStatus(until);
      await showLive(shell.out, options.json, states, describe);
      return EXIT.done;
    }
    const state = await admin(options, shell).status();
    if (options.json) shell.out.json(state);
    else describe(shell.out, state);
    return state.ready ? EXIT.done : EXIT.refused;
  },
});

function describe(out: Output, state: AdminStatus): void {
  const verdict = state.ready ? out.paint("green", "ready") : out.paint("red", "not ready");
  const since = `up ${spanInWords(state.uptimeMs)}`;
  out.line(
    `seatkeeper ${state.version}  ${verdict}, ${since}, ${counted(state.connections, "connection")}`,
  );
  for (const problem of state.problems) {
    out.line(`  ${out.paint("red", problem.code)}  ${problem.message}`);
    if (problem.hint !== undefined) out.line(`  ${out.paint("cyan", "hint")}  ${problem.hint}`);
  }
  if (state.clock.suspect !== null)
    out.line(clockWords(out, state.clock.suspect, state.clock.believed));
  for (const vendor of state.vendors) describeVendor(out, vendor);
}

/** How far the clock of the machine is from what the daemon believes. */
function clockWords(
  out: Output,
  { since, byMs }: NonNullable<AdminStatus["clock"]["suspect"]>,
  believed: UnixMillis,
): string {
  const off = `${spanInWords(Math.abs(byMs))} ${byMs < 0 ? "behind" : "ahead of"}`;
  return `${out.paint("yellow", "clock")}: not believed since ${isoTime(since)}: it is ${off} ${isoTime(believed)}`;
}

const AUDITOR_STATES: Readonly<Record<AdminAuditor["state"], string>> = {
  reads: "reads what is sealed",
  next: "will read from the next segment on, which begins with the next block, or the next day",
  leaving: "reads up to the next segment, and no further",
  "not-allowed": "is named in the configuration, but no license of this vendor allows an auditor",
};

function standInWords({ licensed, emergency }: AdminStandIn): string {
  const what = `for ledger ${licensed}, until the vendor's license is installed`;
  if (emergency === null) return `${what}; its licenses name this standby host`;
  const { day, allowed, endsAt } = emergency;
  if (day > allowed) return `${what}; ${counted(allowed, "emergency day")} used up`;
  return `${what}; emergency day ${day} of ${allowed}, to ${isoTime(endsAt)}`;
}

function describeVendor(out: Output, vendor: AdminVendor): void {
  const { size, acknowledged, pending } = vendor.ledger;
  out.line();
  out.line(`${out.paint("bold", vendor.vendor)}  ${counted(vendor.licenses, "license")}`);
  out.line(
    `ledger: ${counted(size, "block")}, ${acknowledged} acknowledged, ${counted(pending, "event")} not yet sealed`,
  );
  if (vendor.standIn !== null)
    out.line(`${out.paint("yellow", "stands in")}: ${standInWords(vendor.standIn)}`);
  for (const { licenseId, names, endsAt, graceUntil } of vendor.expiries) {
    const grace = graceUntil === null ? "" : `, with grace until ${isoTime(graceUntil)}`;
    const what = `${names.join(", ")} of license ${licenseId}`;
    out.line(`${out.paint("yellow", "ends")}: ${what} on ${isoTime(endsAt)}${grace}`);
  }
  if (vendor.refusedByClock !== null) {
    const from = isoTime(vendor.refusedByClock);
    out.line(
      `${out.paint("red", "clock")}: no new seats are granted from ${from} on, until it is believed`,
    );
  }
  for (const report of vendor.reports) out.line(reportWords(out, report));
  for (const { licenseId, message } of vendor.revoked) {
    out.line(`${out.paint("red", "revoked")}: license ${licenseId}: ${message}`);
  }
  for (const { keyId, state } of vendor.auditors) {
    out.line(`auditor: ${keyId} ${AUDITOR_STATES[state]}`);
  }
  if (vendor.superseded !== null) {
    const { number, issuedAt, reason, accepted } = vendor.superseded;
    out.line(
      `superseded: the vendor accepted this ledger at ${counted(accepted, "block")}, note ${number} of ${isoTime(issuedAt)}: ${reason}`,
    );
  }
  const [contradiction] = vendor.contradictions;
  if (contradiction !== undefined) {
    const { seenAt, size: known, shown } = contradiction;
    const knower = isLicense(shown) ? "the vendor has acknowledged" : "a client remembers";
    out.line(
      `${out.paint("red", "contradicted")}: ${knower} ${counted(known, "block")} that this ledger does not go on from, since ${isoTime(seenAt)}; the proof is in status --json`,
    );
  }
  if (vendor.features.length > 0) {
    const withOverdraft = vendor.features.some((each) => each.overdraft + each.overdraftSeats > 0);
    const withBorrowed = vendor.features.some(({ borrowed }) => borrowed > 0);
    const withTokens = vendor.features.some(({ tokens }) => tokens !== null);
    out.line();
    out.table(
      [
        { title: "feature" },
        { title: "seats", align: "right" },
        { title: "used", align: "right" },
        { title: "free", align: "right" },
        ...(withOverdraft ? [{ title: "overdraft", align: "right" } as const] : []),
        ...(withBorrowed ? [{ title: "borrowed", align: "right" } as const] : []),
        { title: "queued", align: "right" },
        ...(withTokens ? [{ title: "a seat costs" }] : []),
      ],
      vendor.features.map((each) => [
        each.feature,
        String(each.seats),
        String(each.used),
        String(each.free),
        ...(withOverdraft ? [`${each.overdraft} of ${each.overdraftSeats}`] : []),
        ...(withBorrowed ? [String(each.borrowed)] : []),
        String(each.queued),
        ...(withTokens ? [costWords(each.tokens)] : []),
      ]),
    );
  }
  if (vendor.pools.length > 0) {
    out.line();
    out.table(
      [
        { title: "pool" },
        { title: "tokens", align: "right" },
        { title: "spent", align: "right" },
        { title: "free", align: "right" },
      ],
      vendor.pools.map((each) => [
        each.pool,
        String(each.tokens),
        String(each.spent),
        String(each.free),
      ]),
    );
  }
  if (vendor.queue.length > 0) {
    out.line();
    out.table(
      [
        { title: "queue" },
        { title: "place", align: "right" },
        { title: "seats", align: "right" },
        { title: "user" },
        { title: "host" },
        { title: "waits for", align: "right" },
        { title: "expected", align: "right" },
        { title: "state" },
      ],
      vendor.queue.map((each) => [
        each.feature,
        String(each.position),
        String(each.count),
        each.user,
        each.host,
        spanInWords(each.waitedMs),
        each.expectedWaitMs === null ? "" : spanInWords(each.expectedWaitMs),
        each.connected ? "connected" : "away",
      ]),
    );
  }
  if (vendor.meters.length > 0) {
    out.line();
    out.table(
      [
        { title: "meter" },
        { title: "used", align: "right" },
        { title: "quota", align: "right" },
        { title: "period" },
      ],
      vendor.meters.map((each) => [
        each.meter,
        `${each.used} ${each.unit}`,
        each.quota === null ? "none" : String(each.quota),
        each.period,
      ]),
    );
  }
}

const STAGE_COLOURS = { open: undefined, soon: "yellow", due: "yellow", overdue: "red" } as const;

const OVERDUE_WORDS: Readonly<Record<AdminReport["overdue"], string>> = {
  flag: "",
  no_new_seats: "no new seats are granted",
  no_seats: "no seats are granted or renewed",
};

/** When the vendor wants to be told of the usage, and what happens where it is not. */
function reportWords(out: Output, { dueAt, overdueAt, overdue, stage }: AdminReport): string {
  const colour = STAGE_COLOURS[stage];
  const label = colour === undefined ? "report" : out.paint(colour, "report");
  const due = stage === "due" || stage === "overdue" ? "was due on" : "is due on";
  const then = OVERDUE_WORDS[overdue];
  const what = stage === "overdue" ? "" : `from ${isoTime(overdueAt)} on `;
  const so = then === "" ? `overdue from ${isoTime(overdueAt)} on` : `${what}${then}`;
  return `${label}: the next usage report ${due} ${isoTime(dueAt)}; ${so}`;
}

function costWords(tokens: AdminVendor["features"][number]["tokens"]): string {
  return tokens === null ? "" : `${counted(tokens.cost, "token")} of ${tokens.pool}`;
}
