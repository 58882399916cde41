import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { AdminRole } from "../../src/base/admin-role.ts";
import { messageOf, systemCode } from "../../src/base/errors.ts";
import { rawIdentity } from "../../src/base/identity.ts";
import { millis } from "../../src/base/time.ts";
import { type Config, DEFAULT_CONFIG, readConfig } from "../../src/config/config.ts";
import { newAdminToken, newEnrolmentToken } from "../../src/crypto/enrolment-token.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { AdminClient } from "../../src/daemon/admin-client.ts";
import { ADMIN_ROUTES, type AdminRouteName } from "../../src/protocol/admin.ts";
import { dataFolder } from "../../src/store/data-folder.ts";
import { Authority, SERVER_USE } from "../support/authority.ts";
import { aDaemon, aSite, type GivenDaemon, noon, started, stopTime, usualTerms } from "./given.ts";
import { somebody, Workstation } from "./workstation.ts";

const day = 86_400_000;
const grace = rawIdentity("grace");

/** Where a door is: each file of the daemon that makes something listen. */
type DoorFile = keyof typeof DOORS;

/** What opens a door: tried without it, with the wrong one, and with the right one. */
interface Key {
  readonly key: string;
  readonly config?: Partial<Config>;
  readonly without?: readonly Try[];
  readonly wrong: readonly Try[];
  readonly right: readonly Try[];
}

/** @returns `in`, or how it was refused. */
type Try = (daemon: GivenDaemon) => Promise<string>;

const listed = (...networks: readonly string[]): Config["access"] =>
  readConfig(`access: { networks: [${networks.join(", ")}] }`, "/c").access;
const elsewhere = { access: listed("10.1.0.0/16") };
const here = { access: listed("127.0.0.0/8") };
const remote = {
  tls: { mode: "self-made" },
  admin: { host: "127.0.0.1", port: 0 },
} as const;
/** Asks for certificates of this authority, and has this list of what it has revoked. */
function demanding(clientCertificates: "required" | "optional"): Partial<Config> {
  const files = {
    clientCa: join(certificates, "ca.pem"),
    clientCrl: join(certificates, "crl.pem"),
  };
  return { tls: { mode: "self-made", ...files, clientCertificates } };
}

const authority = await Authority.named("studio workstations");
const revoked = await authority.certified("stolen-laptop");
const certificates = mkdtempSync(join(tmpdir(), "seatkeeper-doors-"));
afterAll(() => rmSync(certificates, { recursive: true }));
writeFileSync(join(certificates, "ca.pem"), authority.certificate);
writeFileSync(join(certificates, "crl.pem"), await authority.revocationList([revoked]));
/** The same name, another key: a name proves nothing. */
const stranger = await Authority.named("studio workstations");
const certified = await authority.certified("workstation-7");
const wrongCertificates = [
  await stranger.certified("workstation-7"),
  await authority.certified("workstation-7", { from: -2 * day, to: -day }),
  await authority.certified("workstation-7", { from: day, to: 2 * day }),
  await authority.certified("www.studio.example", { use: SERVER_USE }),
  revoked,
];
const page = "https://licenses.studio.example";
const localListen = { ...DEFAULT_CONFIG.listen, host: "127.0.0.1", port: 0 };

const knocking =
  (options: object): Try =>
  ({ url }) =>
    Workstation.at(url, somebody(), options).then(
      () => "in",
      (error: unknown) => /certificate required/.exec(messageOf(error))?.[0] ?? messageOf(error),
    );

/** What a hello with this token is told. */
const greeting =
  (tokenOf: (daemon: GivenDaemon) => Promise<string | undefined>): Try =>
  async (daemon) => {
    const token = await tokenOf(daemon);
    const station = await Workstation.at(daemon.url);
    const { error } = await station.hello(await station.challenge(), {}, {}, token);
    return error === undefined ? "in" : String(error.data["code"]);
  };

const clientToken = async ({ admin }: GivenDaemon): Promise<string> =>
  (await admin.createToken({ user: rawIdentity("ada") })).token;

const adminToken =
  (role: AdminRole) =>
  async ({ admin }: GivenDaemon): Promise<string> =>
    (await admin.createToken({ user: grace, role, validMs: millis(day) })).token;

/** What a request for the status over the network is told. */
const asking =
  (tokenOf: (daemon: GivenDaemon) => Promise<string>): Try =>
  async (daemon) => {
    const token = await tokenOf(daemon);
    return remoteClient(daemon, token)
      .status()
      .then(
        () => "in",
        (error: unknown) => String(systemCode(error)),
      );
  };

function remoteClient({ adminPort = 0, site }: GivenDaemon, token: string): AdminClient {
  const ca = readFileSync(dataFolder(site.config.dataDir).tlsCertificate, "utf8");
  return new AdminClient({ host: "127.0.0.1", port: adminPort, token, ca });
}

const withHeaders =
  (headers: object): Try =>
  async (daemon) => {
    const authorization = `Bearer ${await adminToken("viewer")(daemon)}`;
    const all = { authorization, ...headers };
    const { code } = await send(daemon, { path: "/v1/status", headers: all });
    return code;
  };

async function send(
  daemon: GivenDaemon,
  more: {
    readonly method?: string;
    readonly path: string;
    readonly headers: object;
    readonly agent?: Agent;
  },
): Promise<{ code: string; status: number }> {
  const options = { host: "127.0.0.1", port: daemon.adminPort, rejectUnauthorized: false };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ ...options, ...more, headers: { ...more.headers } }, resolve);
    sent.once("error", reject);
    sent.end(more.method === "POST" ? "{}" : undefined);
  });
  const { statusCode: status = 0 } = response;
  if (status === 200) {
    response.destroy();
    return { code: "in", status };
  }
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const { error } = JSON.parse(Buffer.concat(pieces).toString()) as { error: { code: string } };
  return { code: error.code, status };
}

const KEYS_OF_CLIENTS: readonly Key[] = [
  {
    key: "the subprotocol",
    without: [knocking({ subprotocols: [] })],
    wrong: [knocking({ subprotocols: ["seatkeeper.v2"] })],
    right: [knocking({})],
  },
  {
    key: "a name that is the daemon's",
    wrong: [knocking({ headers: { host: "rebound.evil.example" } })],
    right: [knocking({ headers: { host: "localhost" } }), knocking({})],
  },
  {
    key: "no page, or a page that is listed",
    config: { listen: { ...localListen, origins: [page] } },
    wrong: [knocking({ origin: "https://evil.example" })],
    right: [knocking({ origin: page }), knocking({})],
  },
  { key: "an address that is listed", config: elsewhere, wrong: [knocking({})], right: [] },
  { key: "an address that is listed, from there", config: here, wrong: [], right: [knocking({})] },
  {
    key: "the client key that hello names",
    without: [
      async ({ url }) => {
        const answer = await (await Workstation.at(url)).acquire("cad.pro");
        return String(answer.error?.data["code"]);
      },
    ],
    wrong: [
      async ({ url }) => {
        const station = await Workstation.at(url);
        const more = { certificateFingerprint: "ab".repeat(32) };
        const { error } = await station.hello(await station.challenge(), more);
        return String(error?.data["code"]);
      },
    ],
    right: [greeting(() => Promise.resolve(undefined))],
  },
  {
    key: "an enrolment token, where one is required",
    config: { access: { ...DEFAULT_CONFIG.access, tokens: "required" } },
    without: [greeting(() => Promise.resolve(undefined))],
    wrong: [
      greeting(() => Promise.resolve(newEnrolmentToken(randomBytes(32)))),
      greeting(adminToken("administrator")),
      greeting(async (daemon) => {
        const { id, token } = await daemon.admin.createToken({ user: rawIdentity("ada") });
        await daemon.admin.revokeToken(id);
        return token;
      }),
    ],
    right: [greeting(clientToken)],
  },
  {
    key: "a certificate of the site's authority, where one is required",
    config: demanding("required"),
    without: [knocking({})],
    wrong: wrongCertificates.map(knocking),
    right: [knocking(certified)],
  },
  {
    key: "no certificate or a good one, where it is optional",
    config: demanding("optional"),
    wrong: wrongCertificates.map(knocking),
    right: [knocking({}), knocking(certified)],
  },
];

const KEYS_OF_THE_PORT: readonly Key[] = [
  {
    key: "a token with a role",
    config: remote,
    without: [withHeaders({ authorization: "" })],
    wrong: [
      asking(() => Promise.resolve(newAdminToken(randomBytes(32)))),
      asking(clientToken),
      asking(async (daemon) => {
        const asked = { user: grace, role: "administrator", validMs: millis(day) } as const;
        const { id, token } = await daemon.admin.createToken(asked);
        await daemon.admin.revokeToken(id);
        return token;
      }),
    ],
    right: [asking(adminToken("viewer")), asking(adminToken("administrator"))],
  },
  {
    key: "TLS",
    config: remote,
    without: [
      ({ adminPort = 0 }) =>
        new Promise((resolve) => {
          plainRequest({ host: "127.0.0.1", port: adminPort, path: "/v1/status" })
            .once("error", () => resolve("cut off"))
            .once("response", () => resolve("in"))
            .end();
        }),
    ],
    wrong: [],
    right: [asking(adminToken("viewer"))],
  },
  {
    key: "a name that is the daemon's, and no page",
    config: remote,
    wrong: [withHeaders({ host: "rebound.evil.example" }), withHeaders({ origin: page })],
    right: [withHeaders({})],
  },
  {
    key: "an address that is listed",
    config: { ...remote, ...elsewhere },
    wrong: [asking(adminToken("administrator"))],
    right: [],
  },
];

const isRoot = process.getuid?.() === 0;

/** Whether a user, who may enter the folder, can connect. */
const connectingAs =
  (uid: number): Try =>
  ({ site }) => {
    chmodSync(dirname(site.config.socket), 0o755);
    const script = `require("node:net").connect(${JSON.stringify(site.config.socket)})
      .once("connect", () => { console.log("in"); process.exit(); })
      .once("error", ({ code }) => console.log(code))`;
    const { stdout } = spawnSync(process.execPath, ["-e", script], {
      ...(isRoot ? { uid, gid: uid } : {}),
      encoding: "utf8",
    });
    return Promise.resolve(stdout.trim());
  };

const KEYS_OF_THE_SOCKET: readonly Key[] = [
  {
    key: "the permission of the socket's file",
    // Only root can be somebody else.
    wrong: isRoot ? [connectingAs(65_534)] : [],
    right: [connectingAs(process.getuid?.() ?? 0)],
  },
];

const DOORS = {
  "admin-port.ts": KEYS_OF_THE_PORT,
  "admin-server.ts": KEYS_OF_THE_SOCKET,
  "transport.ts": KEYS_OF_CLIENTS,
} as const;

/** How each refusal reads. */
const REFUSED: Readonly<Record<DoorFile, readonly string[]>> = {
  "transport.ts": [
    "Unexpected server response: 400",
    "Unexpected server response: 403",
    "Unexpected server response: 421",
    "socket hang up",
    "certificate required",
    "AUTH_REQUIRED",
    "AUTH_FAILED",
    "TOKEN_REQUIRED",
    "TOKEN_REFUSED",
  ],
  "admin-port.ts": ["ADMIN_TOKEN_REFUSED", "ADMIN_DOOR", "ADMIN_UNREACHABLE", "cut off"],
  "admin-server.ts": ["EACCES"],
};

describe("the doors of a daemon", () => {
  it("are those of this table: what listens is nowhere else", () => {
    const folder = new URL("../../src/", import.meta.url).pathname;
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => ({ file, text: readFileSync(folder + file, "utf8") }));
    const calling = (call: RegExp): readonly string[] =>
      sources.filter(({ text }) => call.test(text)).map(({ file }) => file);
    expect(calling(/\.listen\(/).toSorted()).toEqual([
      "daemon/admin-socket.ts",
      "daemon/listen.ts",
    ]);
    const doors = calling(/\bawait (?:listen|bindAdminSocket)\(/).map((file) =>
      file.replace("daemon/", ""),
    );
    // `doctor` tries whether the port is free, in a process of its own: nobody is served there.
    expect(doors.toSorted()).toEqual([...Object.keys(DOORS), "doctor-port.ts"].toSorted());
  });
});

describe.each(Object.entries(DOORS))("%s", (file, keys) => {
  it.each(keys.map((each) => [each.key, each] as const))("is opened by %s", async (_, row) => {
    const { config = {}, without = [], wrong, right } = row;
    const daemon = await aDaemon(usualTerms, config);
    for (const attempt of [...without, ...wrong]) {
      // oxlint-disable-next-line no-await-in-loop -- one visitor after the other
      expect(REFUSED[file as DoorFile]).toContain(await attempt(daemon));
    }
    for (const attempt of right) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await attempt(daemon)).toBe("in");
    }
  });
});

describe("a token that has expired", () => {
  it("opens nothing, also by a clock that is set back", async () => {
    stopTime();
    const daemon = await aDaemon(usualTerms, remote);
    const asked = { user: grace, role: "viewer", validMs: millis(10_000) } as const;
    const { token } = await daemon.admin.createToken(asked);
    const shown = asking(() => Promise.resolve(token));
    expect(await shown(daemon)).toBe("in");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await shown(daemon)).toBe("ADMIN_TOKEN_REFUSED");
    vi.setSystemTime(noon - day);
    expect(await shown(daemon)).toBe("ADMIN_TOKEN_REFUSED");
  });
});

/** The least role for each request. */
const LEAST: Readonly<Record<AdminRouteName, AdminRole>> = {
  status: "viewer",
  watchStatus: "viewer",
  seats: "viewer",
  findSeats: "operator",
  revoke: "operator",
  revokeHeld: "operator",
  releaseBorrowed: "operator",
  usage: "viewer",
  usageHistory: "viewer",
  checkpoint: "operator",
  exportUsage: "operator",
  previewExport: "viewer",
  importReceipt: "operator",
  planArchive: "operator",
  cutLedger: "administrator",
  backup: "administrator",
  checkup: "administrator",
  backupChecked: "administrator",
  licenses: "viewer",
  installLicense: "administrator",
  requestRenewal: "operator",
  reload: "administrator",
  why: "operator",
  namedUsers: "viewer",
  editNamedUsers: "administrator",
  askNamedUser: "operator",
  tokens: "viewer",
  createToken: "administrator",
  findTokens: "operator",
  revokeToken: "administrator",
  trail: "viewer",
};

describe("a role", () => {
  it.each([
    ["viewer", ["viewer"]],
    ["operator", ["viewer", "operator"]],
    ["administrator", ["viewer", "operator", "administrator"]],
  ] as const)("%s may do what it may, and nothing above", async (role, may) => {
    const daemon = await aDaemon(usualTerms, remote);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const headers = { authorization: `Bearer ${await adminToken(role)(daemon)}` };
    for (const [name, { method, path }] of Object.entries(ADMIN_ROUTES)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { status, code } = await send(daemon, { method, path, headers, agent });
      const isAllowed = (may as readonly string[]).includes(LEAST[name as AdminRouteName]);
      expect([name, code === "ADMIN_ROLE", status === 403]).toEqual([name, !isAllowed, !isAllowed]);
    }
  });
});

describe("administration over the network", () => {
  it("records who did it, by role and pseudonym, and who was refused by the pseudonym of the address", async () => {
    const daemon = await aDaemon(usualTerms, remote);
    const made = await daemon.admin.createToken({
      user: grace,
      role: "administrator",
      validMs: millis(day),
    });
    await remoteClient(daemon, made.token).reload();
    await asking(() => Promise.resolve(newAdminToken(randomBytes(32))))(daemon);
    const texts: string[] = [];
    for await (const { records } of daemon.admin.trail()) {
      texts.push(...records.map(({ text }) => text));
    }
    const by = `"role":"administrator","via":"tls","who":"${made.user}"`;
    expect(texts.filter((text) => text.includes(by))).toHaveLength(2);
    expect(texts.at(-1)).toMatch(
      /"admin\.refused".*"who":"a_[\w-]{22}","about":\{"reason":"unknown"\}/,
    );
    expect(texts.join("")).not.toMatch(/grace|127\.0\.0\.1/);
  });

  it("shows its token to no server with another certificate", async () => {
    const daemon = await aDaemon(usualTerms, remote);
    const other = await aSite({ tls: { mode: "self-made" } });
    const ca = readFileSync(dataFolder(other.config.dataDir).tlsCertificate, "utf8");
    const token = await adminToken("administrator")(daemon);
    const target = { host: "127.0.0.1", port: daemon.adminPort ?? 0, token };
    await expect(new AdminClient({ ...target, ca }).status()).rejects.toMatchObject({
      code: "ADMIN_UNREACHABLE",
      hint: expect.stringContaining("--ca-file") as string,
    });
    await expect(new AdminClient({ ...target, ca: undefined }).status()).rejects.toMatchObject({
      code: "ADMIN_UNREACHABLE",
    });
    const seen = (await daemon.admin.tokens()).tokens.at(-1);
    expect(seen).toMatchObject({ lastUsedOn: null });
  });

  it("goes on with a renewed certificate after a reload", async () => {
    const site = await aSite(remote);
    const other = await aSite({ tls: { mode: "self-made" } });
    const files = dataFolder(other.config.dataDir);
    const tls = { mode: "files", certificate: files.tlsCertificate, key: files.tlsKey } as const;
    const daemon = await started(site, { reread: () => ({ ...site.config, tls }) });
    const token = await adminToken("viewer")(daemon);
    await daemon.admin.reload();
    const ca = readFileSync(files.tlsCertificate, "utf8");
    const target = { host: "127.0.0.1", port: daemon.adminPort ?? 0, token, ca };
    expect(await new AdminClient(target).status()).toHaveProperty("ready");
  });

  it("ends a live view when its token is revoked", async () => {
    const daemon = await aDaemon(usualTerms, remote);
    const asked = { user: grace, role: "viewer", validMs: millis(day) } as const;
    const { id, token } = await daemon.admin.createToken(asked);
    const view = remoteClient(daemon, token).watchStatus(new AbortController().signal);
    await view.next();
    await daemon.admin.revokeToken(id);
    await Workstation.greeted(daemon.url);
    await expect(
      (async () => {
        for (;;) if ((await view.next()).done === true) return;
      })(),
    ).rejects.toMatchObject({ code: "ADMIN_UNREACHABLE" });
  });
});
