import { isIP } from "node:net";
import { hostname } from "node:os";
import { type Millis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/config.ts";
import { failure } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { AdminProblem } from "../protocol/admin/problem.ts";
import type { AdminReload } from "../protocol/admin/reload.ts";
import { AdminDesk } from "./admin-desk.ts";
import { socketDoor, tokenDoor } from "./admin-door.ts";
import { AdminPort } from "./admin-port.ts";
import { AdminServer } from "./admin-server.ts";
import { Admission } from "./admission.ts";
import { ITSELF } from "./audit-trail.ts";
import { CERTIFICATE_REFUSALS, isCertificateRefusal } from "./certificate-demand.ts";
import { DaemonError } from "./errors.ts";
import { figuresPage, openMetrics } from "./figures-page.ts";
import { healthPage, type NotReady } from "./health.ts";
import { Perimeter } from "./perimeter.ts";
import { PRODUCT } from "./product.ts";
import { Rates } from "./rates.ts";
import { Reload, warnAboutRules } from "./reload.ts";
import type { SecurityRecord } from "./security-watch.ts";
import { PATIENCE_SECONDS, Session, type SessionParts } from "./session.ts";
import { signalledReload } from "./signalled-reload.ts";
import { Site, type SiteParts } from "./site.ts";
import type { SiteStatusParts } from "./site-status.ts";
import { statusLine } from "./status-line.ts";
import { Transport } from "./transport.ts";
import type { GateRules, Refusal } from "./upgrade-gate.ts";

/** A daemon that serves. */
export interface Daemon {
  /** Where clients connect. */
  readonly address: { readonly host: string; readonly port: number };
  /** `wss://…`, or `ws://…` over plaintext. */
  readonly url: string;
  /** Where administrators connect over the network; undefined where they cannot. */
  readonly adminPort: number | undefined;
  /**
   * Tells clients, grants no more, seals what waits, closes. Leases stay valid for their time: the
   * next start takes them up.
   */
  stop(): Promise<void>;
  /** Reads rules and licenses again and puts them in force. Rejects with what is wrong, then nothing has changed. */
  reload(): Promise<AdminReload>;
  /** In one line, without names: who is connected, what is used, and why it could not grant seats. */
  statusLine(): string;
}

export interface DaemonParts extends SiteParts {
  /** Reads the configuration again, for `reload`. Left out, its rules stay as they are. */
  readonly reread?: () => Config;
  /** A listening socket that was passed to this process; `listen.host` and `port` then say nothing. */
  readonly socket?: number | undefined;
}

/** What clients are told about how soon connections end. */
const DRAIN_NOTICE: Millis = millis(0);

/**
 * Opens the site and serves it until `stop`.
 *
 * @throws DaemonError PORT_IN_USE, LISTEN_FAILED, ADMIN_SOCKET_IN_USE, ADMIN_SOCKET_FAILED,
 * TLS_FILES, PLAINTEXT_REFUSED, and everything that `Site.open` throws. Nothing is left open then.
 */
export async function startDaemon(config: Config, parts: DaemonParts): Promise<Daemon> {
  refuseOpenPlaintext(config);
  const { log } = parts;
  const metrics = await openMetrics(config);
  const site = await Site.open(config, {
    ...parts,
    ...(metrics === undefined ? {} : { observer: metrics.observer }),
    fatal(error) {
      log.error("daemon.fatal", failure(error));
      parts.fatal(error);
    },
  });
  try {
    return await serve(config, parts, { site, metrics });
  } catch (error) {
    await site.close();
    throw error;
  }
}

async function serve(
  config: Config,
  parts: DaemonParts,
  { site, metrics }: { readonly site: Site; readonly metrics: Metrics | undefined },
): Promise<Daemon> {
  const { clock, log } = parts;
  const startedAt = clock.now().mono;
  const perimeter = new Perimeter(config, site.data);
  const run = { draining: false };
  const problems = (): readonly NotReady[] => (run.draining ? [DRAINING] : site.problems());
  const session = sessionParts(config, parts, site);
  const refused = (reason: Refusal["reason"], address: string | undefined): void => {
    log.debug("connection.refused", { reason });
    if (!SUSPICIOUS.has(reason)) return;
    const who = (): string | null => site.addressName(address);
    // Whom an administrator keeps out by name of a file shall be found in the log as it usually is.
    const told = isCertificateRefusal(reason)
      ? (record: SecurityRecord): void => log.warn("connection.refused", { reason, ...record })
      : undefined;
    site.security.saw({ act: "connection.refused", reason, who, told });
  };
  const told: SiteStatusParts = {
    site,
    clock,
    startedAt,
    connections: () => transport.connections,
    problems: () => problems().map(adminProblem),
  };
  // Before anybody can connect: a schedule that cannot be read must not leave open doors behind.
  site.start();
  const transport = await Transport.open({
    host: config.listen.host,
    port: config.listen.port,
    perimeter,
    passed: parts.socket,
    rules: gateRules(config),
    limits: config.limits,
    clock,
    welcome: (peer) => new Session(peer, session),
    pages: (path, from) =>
      healthPage(path, problems) ?? figuresPage(path, from, { ...told, metrics, perimeter }),
    refused,
    failed: (error) => log.warn("connection.failed", failure(error)),
  });
  const reload = new Reload({
    site,
    config,
    reread: parts.reread ?? (() => config),
    log,
    prepare: (read) => {
      const change = perimeter.prepare(read);
      return () => {
        change();
        transport.follow();
        port?.follow();
      };
    },
  });
  const desk = new AdminDesk({
    ...told,
    log,
    reload: () => reload.run(),
    address: () => transport.address,
  });
  const admin = await orClose(
    transport,
    AdminServer.open(config.socket, desk, parts, socketDoor(site)),
  );
  const port = await orClose(
    transport,
    openAdminPort(config, { site, perimeter, admin, clock, refused }),
  );
  warnAboutSocket(config, parts, transport.address);
  const url = urlOf(transport.address, perimeter.tls !== undefined);
  site.trail.note({ act: "daemon.started", by: ITSELF, about: { version: PRODUCT.version } });
  log.info("daemon.started", {
    version: PRODUCT.version,
    url,
    adminPort: port?.port,
    vendors: [...site.desks.keys()],
  });
  warnAboutRules(site, log);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    run.draining = true;
    await shutDown(site, transport, [port, admin], clock);
    log.info("daemon.stopped");
  };
  return {
    address: transport.address,
    url,
    adminPort: port?.port,
    reload: () => signalledReload(site.trail, reload, log),
    statusLine: () =>
      statusLine({
        connections: transport.connections,
        features: [...site.desks.values()].flatMap((each) => each.features()),
        problems: problems(),
      }),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Whoever changed the port in one of two places wonders why nobody can connect. */
function warnAboutSocket(
  { listen }: Config,
  { socket, log }: DaemonParts,
  { port }: Daemon["address"],
): void {
  if (socket === undefined || listen.port === port) return;
  log.warn("socket.passed", {
    port,
    reason: `systemd listens on port ${port}, and listen.port ${listen.port} is not used`,
    hint: "change ListenStream= with systemctl edit seatkeeper.socket, and listen.port to the same",
  });
}

/** Refusals that may tell of somebody who tries. */
const SUSPICIOUS: ReadonlySet<Refusal["reason"]> = new Set([
  "host",
  "origin",
  "network",
  "too-fast",
  "full",
  "address-full",
  ...CERTIFICATE_REFUSALS,
]);

function adminProblem({ code, reason, hint }: NotReady): AdminProblem {
  return { code, message: reason, ...(hint === undefined ? {} : { hint }) };
}

const DRAINING: NotReady = { code: "DRAINING", reason: "the daemon is stopping" };

/** Clients hear of the end while their last answers can still reach them. */
async function shutDown(
  site: Site,
  transport: Transport,
  admins: readonly (AdminServer | AdminPort | undefined)[],
  clock: Clock,
): Promise<void> {
  transport.closeDoors();
  for (const desk of site.desks.values()) desk.drain(DRAIN_NOTICE);
  await answersOf(site, clock);
  await transport.close();
  for (const admin of admins) {
    // oxlint-disable-next-line no-await-in-loop -- nobody new comes in, then the last answers go out
    await admin?.close();
  }
  site.trail.note({ act: "daemon.stopped", by: ITSELF, about: {} });
  await site.close();
}

/** What has reached this machine is answered: with what was asked, or that the daemon stops. */
async function answersOf(site: Site, clock: Clock): Promise<void> {
  // Two rounds of the event loop: the first may already be past its sockets.
  await new Promise<void>((resolve) => clock.soon(() => clock.soon(resolve)));
  const desks = [...site.desks.values()];
  // A desk that a fatal failure has ended answers nobody any more.
  await Promise.allSettled(desks.map((desk) => desk.alone(() => Promise.resolve())));
}

/** @throws DaemonError PLAINTEXT_REFUSED; the configuration was checked, this is what it stands for. */
function refuseOpenPlaintext({ tls, listen, allowPlaintext }: Config): void {
  if (tls.mode !== "off" || allowPlaintext || isLoopback(listen.host)) return;
  throw new DaemonError("PLAINTEXT_REFUSED", `plaintext on ${listen.host} is not allowed`, {
    hint: "use TLS, listen on 127.0.0.1, or write allow_plaintext: true",
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function gateRules({ listen }: Pick<Config, "listen">): GateRules {
  const names = [...listen.names, "localhost", hostname()].map((name) => name.toLowerCase());
  return { names: new Set(names), origins: new Set(listen.origins) };
}

function sessionParts(config: Config, { clock, log }: SiteParts, site: Site): SessionParts {
  const { handshake, ping, frameBytes, leasesPerClient, requestsPerSecond, requestsPerKey } =
    config.limits;
  return {
    clock,
    log,
    siteKey: site.siteKey,
    door: site.door,
    admission: new Admission(site.enrolments, config.access),
    security: site.security,
    desks: site.desks,
    handshake,
    heartbeat: ping,
    frameBytes,
    leasesPerClient,
    requestsPerSecond,
    keyRates: new Rates(Math.max(requestsPerKey, requestsPerSecond), PATIENCE_SECONDS * 2),
    version: PRODUCT.version,
  };
}

/** Undefined where the configuration has none. @throws what `AdminPort.open` throws; then the socket is closed. */
async function openAdminPort(
  { admin: { host, port }, listen, limits }: Config,
  parts: {
    readonly site: Site;
    readonly admin: AdminServer;
    readonly perimeter: Perimeter;
    readonly clock: Clock;
    readonly refused: (reason: Refusal["reason"], address: string | undefined) => void;
  },
): Promise<AdminPort | undefined> {
  if (port === null) return undefined;
  const { site, admin, perimeter, clock, refused } = parts;
  const { enrolments, security } = site;
  const door = tokenDoor({ enrolments, security, site, rules: gateRules({ listen }) });
  try {
    return await AdminPort.open({
      host,
      port,
      perimeter,
      handshake: limits.handshake,
      clock,
      refused,
      serve: (request, response) => void admin.serve(request, response, door),
    });
  } catch (error) {
    await admin.close();
    throw error;
  }
}

async function orClose<Opened>(transport: Transport, opening: Promise<Opened>): Promise<Opened> {
  try {
    return await opening;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** Where a program on this machine would connect. */
function urlOf({ host, port }: Daemon["address"], secure: boolean): string {
  const anywhere = host === "0.0.0.0" || host === "::";
  const name = anywhere ? "localhost" : isIP(host) === 6 ? `[${host}]` : host;
  return `${secure ? "wss" : "ws"}://${name}:${port}`;
}
