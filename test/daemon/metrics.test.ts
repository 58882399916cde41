import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { type Config, readConfig } from "../../src/config/config.ts";
import { certificateEnd } from "../../src/crypto/certificate.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import {
  aDaemon,
  aSite,
  type GivenDaemon,
  licenseFor,
  started,
  stopTime,
  usualTerms,
} from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

const metrics = (text = ""): Config["metrics"] =>
  readConfig(`metrics: { enabled: true${text} }`, "/c").metrics;

async function page({ url }: Pick<GivenDaemon, "url">): Promise<Response> {
  return fetch(`${url.replace(/^ws/, "http")}/metrics`);
}

async function figures(daemon: Pick<GivenDaemon, "url">): Promise<string> {
  const answer = await page(daemon);
  expect(answer.status).toBe(200);
  return answer.text();
}

/** The value of a sample; undefined when there is none. */
function sample(text: string, series: string): number | undefined {
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const cad = '{vendor="acme.example",feature="cad.pro"}';
const acme = '{vendor="acme.example"}';

describe("/metrics", () => {
  it("is not there unless it is enabled", async () => {
    expect((await page(await aDaemon())).status).toBe(404);
  });

  it("shows nothing to addresses that are not listed", async () => {
    const daemon = await aDaemon(usualTerms, { metrics: metrics(", networks: [10.1.0.0/16]") });
    const answer = await page(daemon);
    expect([answer.status, await answer.text()]).toEqual([
      403,
      "metrics.networks does not list your address\n",
    ]);
  });

  it("follows a reload in whom it shows", async () => {
    const site = await aSite({ metrics: metrics(", networks: [10.1.0.0/16]") });
    const reread = (): Config => ({ ...site.config, metrics: metrics() });
    const daemon = await started(site, { reread });
    expect(await daemon.admin.reload()).toMatchObject({ needsRestart: [] });
    expect((await page(daemon)).status).toBe(200);
  });

  it("counts seats, those who wait, denials and lease seconds", async () => {
    const daemon = await aDaemon(usualTerms, { metrics: metrics() });
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro", { count: 2 });
    await ada.acquire("sim.solver");
    const bob = await Workstation.greeted(daemon.url);
    await bob.acquire("sim.solver", { wait: true });
    await bob.acquire("sim.solver");
    await bob.acquire("no.such.feature");
    const text = await figures(daemon);
    expect(sample(text, `seatkeeper_seats${cad}`)).toBe(3);
    expect(sample(text, `seatkeeper_seats_in_use${cad}`)).toBe(2);
    expect(sample(text, `seatkeeper_seats_free${cad}`)).toBe(1);
    const sim = cad.replace("cad.pro", "sim.solver");
    expect(sample(text, `seatkeeper_requests_queued${sim}`)).toBe(1);
    const denied = (feature: string, reason: string) =>
      sample(
        text,
        `seatkeeper_denials_total{vendor="acme.example",feature="${feature}",reason="${reason}"}`,
      );
    expect(denied("sim.solver", "NO_SEATS")).toBe(1);
    expect(denied("*", "NOT_LICENSED_FEATURE")).toBe(1);
    expect(text).not.toContain("no.such.feature");
    expect(sample(text, "seatkeeper_connections")).toBe(2);
    expect(sample(text, `seatkeeper_leases_granted_total${cad}`)).toBe(1);
  });

  it("counts seat time at checkpoints and at the end of leases", async () => {
    stopTime();
    const daemon = await aDaemon(usualTerms, { metrics: metrics() });
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro", { count: 2 }));
    const seconds = async (): Promise<number | undefined> =>
      sample(await figures(daemon), `seatkeeper_lease_seconds_total${cad}`);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await seconds()).toBeUndefined();
    await daemon.admin.checkpoint();
    expect(await seconds()).toBe(6);
    await vi.advanceTimersByTimeAsync(2_000);
    await ada.ask("seat.release", { lease });
    expect(await seconds()).toBe(10);
    const ended = cad.replace("}", ',reason="released"}');
    expect(sample(await figures(daemon), `seatkeeper_leases_ended_total${ended}`)).toBe(1);
  });

  it("counts units, and what is left of the quota", async () => {
    const daemon = await aDaemon(usualTerms, { metrics: metrics() });
    const ada = await Workstation.greeted(daemon.url);
    const records = [{ meter: "render.minutes", units: 40, key: "job-1", usedAt: Date.now() }];
    await ada.ask("usage.record", { records });
    const text = await figures(daemon);
    const meter = '{vendor="acme.example",meter="render.minutes"';
    const labels = `${meter},unit="minutes",period="total"}`;
    expect(sample(text, `seatkeeper_meter_used_units${labels}`)).toBe(40);
    expect(sample(text, `seatkeeper_meter_quota_left_units${labels}`)).toBe(960);
    expect(sample(text, `seatkeeper_meter_recorded_units_total${meter}}`)).toBe(40);
  });

  it("tells of the ledger, the disk, the clock and the event loop", async () => {
    const daemon = await aDaemon(usualTerms, { metrics: metrics() });
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    const before = await figures(daemon);
    await daemon.admin.checkpoint();
    const text = await figures(daemon);
    const grown = (series: string): number =>
      (sample(text, series) ?? 0) - (sample(before, series) ?? 0);
    expect(grown(`seatkeeper_ledger_blocks${acme}`)).toBeGreaterThan(0);
    expect(grown(`seatkeeper_ledger_bytes${acme}`)).toBeGreaterThan(0);
    expect(sample(before, `seatkeeper_events_pending${acme}`)).toBeGreaterThan(0);
    expect(sample(text, `seatkeeper_events_pending${acme}`)).toBe(0);
    expect(sample(text, `seatkeeper_checkpoint_age_seconds${acme}`)).toBeGreaterThanOrEqual(0);
    expect(sample(text, `seatkeeper_commit_duration_seconds_count${acme}`)).toBeGreaterThan(0);
    expect(sample(text, "seatkeeper_clock_trusted")).toBe(1);
    expect(sample(text, "seatkeeper_data_free_bytes")).toBeGreaterThan(0);
    expect(sample(text, "nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
    expect(sample(text, "process_start_time_seconds")).toBeGreaterThan(0);
  });

  it("says that seats cannot be granted, and why", async () => {
    const text = await figures(await started(await aSite({ metrics: metrics() })));
    expect(sample(text, "seatkeeper_ready")).toBe(0);
    expect(sample(text, 'seatkeeper_problem{code="NO_LICENSE"}')).toBe(1);
  });

  it("names nobody who uses a seat", async () => {
    const daemon = await aDaemon(usualTerms, { metrics: metrics() });
    const ada = await Workstation.greeted(daemon.url, somebody("ada-canary"));
    const lease = leaseOf(await ada.acquire("cad.pro"));
    const { seats } = await daemon.admin.seats();
    const text = await figures(daemon);
    expect(text).not.toContain("canary");
    for (const { user, host, client } of seats) {
      for (const name of [user, host, client]) expect(text).not.toContain(name);
    }
    expect(text).not.toContain(lease);
    expect(text).not.toContain("127.0.0.1");
  });
});

describe("when the certificate ends", () => {
  it("is told as the certificate says", async () => {
    const { config } = await aSite({ tls: { mode: "self-made" } });
    const path = dataFolder(config.dataDir).tlsCertificate;
    const openssl = spawnSync("openssl", ["x509", "-noout", "-enddate", "-in", path]);
    const said = openssl.stdout.toString().trim().replace("notAfter=", "");
    expect(certificateEnd(readFileSync(path, "utf8"))).toBe(Date.parse(said));
  });
});

const promtool = spawnSync("promtool", ["--version"]).status === 0;

function run(args: readonly string[], input?: string): { status: number | null; said: string } {
  const cwd = new URL("../../ops", import.meta.url);
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, cwd, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}

/** promtool is in Debian's package prometheus. */
describe.skipIf(!promtool)("what promtool says", () => {
  it("the alert rules are sound, and fire when they should and not when not", () => {
    expect(run(["check", "rules", "seatkeeper.rules.yaml"])).toMatchObject({ status: 0 });
    expect(run(["test", "rules", "seatkeeper.rules.test.yaml"])).toMatchObject({ status: 0 });
  });

  it("the page is in Prometheus's format, with names by its conventions", async () => {
    const site = await aSite({ metrics: metrics() });
    const daemon = await started(site);
    await daemon.admin.installLicense(licenseFor(site));
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    const checked = run(["check", "metrics"], await figures(daemon));
    expect(checked.said).not.toContain("seatkeeper_");
    expect(checked.said).not.toContain("error");
  });
});

describe("the files under ops/", () => {
  it("speak only of figures that the daemon has", async () => {
    const text = await figures(await aDaemon(usualTerms, { metrics: metrics() }));
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    for (const file of ["seatkeeper.rules.yaml", "grafana-dashboard.json"]) {
      const written = readFileSync(new URL(`../../ops/${file}`, import.meta.url), "utf8");
      const names = [...written.matchAll(/(?:seatkeeper|nodejs|process)_[a-z0-9_]+/g)].map(
        ([name]) => name.replace(/_bucket$/, ""),
      );
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it("have a rule for each thing that an administrator must be told", () => {
    const rules = readFileSync(new URL("../../ops/seatkeeper.rules.yaml", import.meta.url), "utf8");
    const alerts = [...rules.matchAll(/- alert: (\S+)/g)].map(([, name]) => name);
    const tried = readFileSync(
      new URL("../../ops/seatkeeper.rules.test.yaml", import.meta.url),
      "utf8",
    );
    for (const alert of alerts) expect(tried).toContain(`alertname="${alert}"`);
  });
});
