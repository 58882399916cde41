import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { later, temporaryFolder } from "../support/leftovers.ts";
import {
  callsOfADay,
  campaign,
  faultsAt,
  line,
  liveThrough,
  type Outcome,
  suffer,
} from "./campaign.ts";
import { compiledDisk, FAULT_KINDS, type FaultKind, readTrace } from "./faulty-disk.ts";
import { FaultySite, type Machine } from "./faulty-site.ts";
import { foundOut, MUTANTS } from "./mutants.ts";
import { programCopy } from "./program-copy.ts";
import { countsInStrace, countsOf, STRACE } from "./system-calls.ts";

const setting = (name: string, usual: number): number => Number(process.env[name] ?? usual);

/** Every so many of the faults. The whole campaign is `npm run test:faults`. */
const STEP = setting("FAULTS_STEP", 83);
const MINUTES = setting("FAULTS_MINUTES", 10);
const AT_ONCE = setting("FAULTS_AT_ONCE", 2);
const POINT = setting("FAULTS_POINT", 0);
const KINDS = process.env["FAULTS_KINDS"]?.split(",") as readonly FaultKind[] | undefined;
/** With the usual run, one mistake is enough to show that the oracle sees. */
const MISTAKES = MUTANTS.slice(0, setting("FAULTS_MISTAKES", 1));

const LONGEST = MINUTES * 60_000 + 180_000;

const disk = compiledDisk();
const canTrace = spawnSync("strace", ["-D", "-o", "/dev/null", "true"]).status === 0;
const built = fileURLToPath(new URL("../../dist", import.meta.url));

// Without a C compiler there is no disk that fails.
describe.skipIf(disk === undefined)("a daemon whose disk fails once", () => {
  let machine: Machine;
  let template: FaultySite;
  beforeAll(async () => {
    const folder = temporaryFolder();
    if (disk === undefined) return;
    later(() => rmSync(dirname(disk), { recursive: true, force: true }));
    machine = { dist: programCopy(built, folder), disk };
    template = await FaultySite.licensed(machine);
    later(() => template.remove());
  });

  it.runIf(POINT > 0)("at the point that was asked for", { timeout: LONGEST }, async () => {
    for (const kind of KINDS ?? FAULT_KINDS) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, to be read
      const outcome = await suffer(template.copied(), { at: POINT, kind });
      report([outcome.said, line(outcome)]);
      expect.soft(outcome.hit).toBeDefined();
      expect.soft(outcome.violations).toEqual([]);
    }
  });

  it.skipIf(POINT > 0)(
    "has kept all that it answered, once it is started again, wherever it failed",
    { timeout: LONGEST },
    async () => {
      const calls = await callsOfADay(template);
      const faults = faultsAt(calls, KINDS ?? FAULT_KINDS, STEP);
      const until = Date.now() + MINUTES * 60_000;
      const told = (outcome: Outcome): void => {
        if (outcome.violations.length > 0) report([line(outcome), outcome.said]);
      };
      const outcomes = await campaign(template, faults, { atOnce: AT_ONCE, until, told });
      const hits = outcomes.filter(({ hit }) => hit !== undefined);
      const broken = outcomes.filter(({ violations }) => violations.length > 0);
      report([
        `${calls.length} calls in a day, ${faultsAt(calls, FAULT_KINDS).length} faults to suffer`,
        `${faults.length} chosen, ${outcomes.length} tried, ${hits.length} hit their call`,
        ...FAULT_KINDS.map((kind) => {
          const of = hits.filter(({ fault }) => fault.kind === kind);
          return `${kind}: ${of.length} at ${new Set(of.map(({ fault }) => fault.at)).size} calls`;
        }),
      ]);
      expect(broken.map(line)).toEqual([]);
      // Days differ by a few calls; a campaign that misses its calls shows nothing.
      expect(hits.length).toBeGreaterThanOrEqual(0.9 * outcomes.length);
      expect(hits.length).toBeGreaterThan(0);
    },
  );

  it.runIf(canTrace && POINT === 0)(
    "changes nothing in its folder past the disk that counts",
    { timeout: 180_000 },
    async () => {
      const site = template.copied();
      later(() => site.remove());
      const log = join(site.folder, "strace");
      site.runsThrough([...STRACE, "-o", log]);
      expect(await liveThrough(site, [])).toEqual([]);
      const folder = join(site.folder, "data");
      expect(countsInStrace(log, folder)).toEqual(countsOf(readTrace(site.tracePath(1))));
    },
  );

  describe.skipIf(POINT > 0).each(MISTAKES)("but $mistake", (mutant) => {
    it("is found out", { timeout: 300_000 }, async () => {
      const outcome = await foundOut(machine, mutant);
      report([`${mutant.mistake}: ${outcome === undefined ? "NOT FOUND" : line(outcome)}`]);
      expect(outcome).toBeDefined();
    });
  });
});

/** For whoever runs the campaign by hand. */
function report(lines: readonly string[]): void {
  if (process.env["FAULTS_REPORT"] === undefined) return;
  for (const each of lines) process.stderr.write(`${each}\n`);
}
