import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "../contest.ts";
import type { Job } from "../load/jobs.ts";
import { LoadGenerator } from "../load/load-generator.ts";
import { Rival, type RivalName } from "../rivals/rival.ts";
import type { Stage } from "../scenario.ts";
import type { Daemon } from "../site/daemon.ts";
import { Site, type SiteOptions } from "../site/site.ts";

type Env = Readonly<Record<string, string>>;

/** The feature of every load, with a seat for everybody. */
export const FEATURE = "cad.pro";

/** Seats for everybody, ten and one for those who want more than there is, and a meter. */
export const TERMS: object = {
  site: "Benchmark",
  features: [
    { name: FEATURE, seats: 200_000, lease_time: "90s" },
    { name: "tight", seats: 10, lease_time: "90s" },
    { name: "single", seats: 1, lease_time: "90s" },
  ],
  meters: [{ name: "render.minutes", unit: "minutes" }],
};

export interface OurDaemon extends Contestant {
  readonly server: Daemon;
  readonly site: Site;
}

/** The real daemon at a new site, with so many clients connected and greeted. */
export async function ours(
  stage: Stage,
  clients: number,
  job: (seconds: number) => Job,
  {
    name = "seatkeeper",
    env = {},
    ...site
  }: Partial<SiteOptions> & { name?: string; env?: Env } = {},
): Promise<OurDaemon> {
  const made = new Site(freshFolder(stage), stage.vendor, { terms: TERMS, ...site });
  const server = await made.serveLicensed(env);
  const generator = new LoadGenerator();
  const vendor = stage.vendor.name;
  await generator.run({ kind: "connect", url: server.url, clients, vendor });
  return { name, server, generator, job, site: made };
}

/** A rival with so many clients connected. */
export async function rival(
  stage: Stage,
  name: RivalName,
  clients: number,
  job: (seconds: number) => Job,
  env: Env = {},
): Promise<Contestant> {
  const server = await Rival.start(name, join(freshFolder(stage), "leases.db"), env);
  const generator = new LoadGenerator();
  await generator.run({ kind: "connect", url: server.url, clients });
  return { name, server, generator, job };
}

export const pairsOf =
  (feature: string) =>
  (seconds: number): Job => ({ kind: "pairs", feature, seconds });

export const echoOf = (seconds: number): Job => ({ kind: "echo", seconds });

/** A client of its own connects and gets a seat: from here on the daemon really serves. */
export async function oneSeat(url: string, vendor: string, feature: string): Promise<void> {
  const generator = new LoadGenerator();
  await generator.run({ kind: "connect", url, clients: 1, vendor });
  const { tally } = await generator.run({ kind: "hold", feature });
  generator.stop();
  if (tally.granted !== 1) throw new Error("no seat after the start");
}

let folders = 0;

/** Short, because a socket's path may have 107 bytes. */
export function freshFolder({ folder }: Stage): string {
  folders += 1;
  const path = join(folder, String(folders));
  mkdirSync(path, { recursive: true });
  return path;
}
