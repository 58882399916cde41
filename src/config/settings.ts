import { z } from "zod";
import { nearestWord } from "../base/nearest-word.ts";
import type { ShowHolders } from "../base/site-rules.ts";
import type { Millis } from "../base/time.ts";
import { readAuditorKey } from "../crypto/auditor-key.ts";
import { CryptoError } from "../crypto/errors.ts";
import type { Groups } from "../rules/group.ts";
import type { Network } from "../rules/network.ts";
import type { WrittenRule } from "../rules/written-rule.ts";
import { count, duration, text } from "./fields.ts";
import { GROUP_OPTIONS, groups, network, RULE_OPTIONS, rules } from "./rule-settings.ts";

/** The file's options as the file writes them, with defaults filled in and durations read. */
export interface Settings {
  readonly data_dir: string;
  readonly socket: string;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly names: readonly string[];
    readonly origins: readonly string[];
  };
  readonly tls: {
    readonly mode: "self-made" | "files" | "off";
    readonly certificate: string | null;
    readonly key: string | null;
    readonly client_ca: string | null;
    readonly client_certificates: "required" | "optional" | null;
    readonly client_crl: string | null;
  };
  readonly allow_plaintext: boolean;
  readonly checkpoint: {
    readonly schedule: string;
    readonly max_interval: Millis;
    readonly max_pending: number;
    readonly heartbeat: Millis;
  };
  readonly time_zone: string;
  readonly history: { readonly keep: Millis };
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "json" | "text";
    readonly to: "journal" | "file" | "syslog";
    readonly file: string;
    readonly max_bytes: number;
    readonly socket: string;
  };
  readonly limits: {
    readonly frame_bytes: number;
    readonly connections: number;
    readonly connections_per_address: number;
    readonly connects_per_address: number;
    readonly requests_per_second: number;
    readonly requests_per_key: number;
    readonly handshake: Millis;
    readonly ping: Millis;
    readonly outbound_bytes: number;
    readonly queue_length: number;
    readonly leases_per_client: number;
    readonly usage_keys_per_client: number;
  };
  readonly groups: Groups;
  readonly rules: readonly WrittenRule[];
  readonly policy: { readonly show_holders: ShowHolders };
  readonly access: {
    readonly tokens: "optional" | "required";
    readonly networks: readonly Network[];
  };
  readonly auditor: { readonly key: string | null };
  readonly audit: { readonly keep: Millis };
  readonly admin: { readonly host: string; readonly port: number | null };
  readonly metrics: { readonly enabled: boolean; readonly networks: readonly Network[] };
}

/** What is wrong with the entry at `path`. */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

export type DecodedSettings =
  | { readonly kind: "settings"; readonly settings: Settings }
  | { readonly kind: "refused"; readonly complaints: readonly Complaint[] };

/** An empty file is all defaults. */
export function decodeSettings(value: unknown): DecodedSettings {
  const result = file.safeParse(value ?? {});
  if (result.success) return { kind: "settings", settings: result.data };
  return { kind: "refused", complaints: result.error.issues.flatMap(complaintsOf) };
}

/** A section whose options are all commented out is null in YAML. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => value ?? {}, z.strictObject(shape));

/** `clock` has the last word on a cron line; this catches what is plainly something else. */
const cronLine = z
  .string()
  .regex(/^(?:@[a-z]+|(?:\S+\s+){4,5}\S+)$/, "expected a cron line of five fields");

const listen = section({
  host: text.default("0.0.0.0"),
  port: count(0, 65_535).default(7328),
  names: z.array(text).max(64).default(["localhost"]),
  origins: z
    .array(z.url({ protocol: /^https?$/ }))
    .max(64)
    .default([]),
});

const tls = section({
  mode: z.enum(["self-made", "files", "off"]).default("self-made"),
  certificate: text.nullable().default(null),
  key: text.nullable().default(null),
  client_ca: text.nullable().default(null),
  client_certificates: z.enum(["required", "optional"]).nullable().default(null),
  client_crl: text.nullable().default(null),
}).superRefine((settings, context) => {
  for (const name of ["certificate", "key"] as const) {
    const given = settings[name] !== null;
    if (given === (settings.mode === "files")) continue;
    const message = given ? 'is used with mode "files" only' : 'is needed with mode "files"';
    context.addIssue({ code: "custom", path: [name], message });
  }
  if (settings.client_ca !== null && settings.mode === "off") {
    const message = 'needs TLS: it is not used with mode "off"';
    context.addIssue({ code: "custom", path: ["client_ca"], message });
  }
  for (const name of ["client_certificates", "client_crl"] as const) {
    if (settings[name] === null || settings.client_ca !== null) continue;
    // Else it would be open, and look as if it were not.
    const message = "needs client_ca: the file of the authorities";
    context.addIssue({ code: "custom", path: [name], message });
  }
});

const checkpoint = section({
  schedule: cronLine.default("* * * * *"),
  max_interval: duration("1s", "1d").prefault("5m"),
  max_pending: count(1, 100_000).default(1_000),
  heartbeat: duration("1h", "1d").prefault("1d"),
});

const timeZone = z.string().refine(isTimeZone, "is not a time zone such as Europe/Berlin or UTC");

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const history = section({ keep: duration("1d", "3660d").prefault("400d") });

const log = section({
  level: z.enum(["debug", "info", "warn", "error"]).default("info"),
  format: z.enum(["json", "text"]).default("json"),
  to: z.enum(["journal", "file", "syslog"]).default("journal"),
  file: text.default("/var/log/seatkeeper/seatkeeper.log"),
  max_bytes: count(65_536, 10_737_418_240).default(10_485_760),
  socket: text.default("/dev/log"),
});

const limits = section({
  frame_bytes: count(16_384, 1_048_576).default(65_536),
  connections: count(1, 100_000).default(20_000),
  connections_per_address: count(1, 100_000).default(2_000),
  connects_per_address: count(1, 100_000).default(2_000),
  requests_per_second: count(1, 100_000).default(200),
  requests_per_key: count(1, 100_000).default(2_000),
  handshake: duration("1s", "2m").prefault("10s"),
  ping: duration("1s", "1h").prefault("30s"),
  outbound_bytes: count(65_536, 67_108_864).default(1_048_576),
  queue_length: count(0, 100_000).default(1_000),
  leases_per_client: count(1, 100_000).default(64),
  usage_keys_per_client: count(1, 10_000_000).default(100_000),
});

const policy = section({ show_holders: z.enum(["none", "pseudonym"]).default("none") });

const access = section({
  tokens: z.enum(["optional", "required"]).default("optional"),
  networks: z.array(network).max(10_000).default([]),
});

/** A slip in a key would seal the ledger to nobody, and a key of small order stop it being sealed. */
const auditorKey = text.superRefine((key, context) => {
  try {
    readAuditorKey(key);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    const message = `${error.message.replace(/^the auditor's key /, "")}: ${error.hint ?? ""}`;
    context.addIssue({ code: "custom", message });
  }
});

const auditor = section({ key: auditorKey.nullable().default(null) });

/** Shorter than a month would be forgotten before anybody has looked. */
const audit = section({ keep: duration("30d", "3660d").prefault("1100d") });

/** Administration over the network. */
const admin = section({
  host: text.default("0.0.0.0"),
  port: count(0, 65_535).nullable().default(null),
});

const metrics = section({
  enabled: z.boolean().default(false),
  networks: z.array(network).max(10_000).prefault(["127.0.0.1", "::1"]),
});

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

const shape = {
  data_dir: text.default("/var/lib/seatkeeper"),
  socket: text.default("/run/seatkeeper/admin.sock"),
  listen,
  tls,
  allow_plaintext: z.boolean().default(false),
  checkpoint,
  time_zone: timeZone.default("UTC"),
  history,
  log,
  limits,
  groups,
  rules,
  policy,
  access,
  auditor,
  audit,
  admin,
  metrics,
};

const file = z.strictObject(shape).superRefine((settings, context) => {
  if (settings.admin.port !== null && settings.tls.mode === "off") {
    const message = "needs TLS: a token must not travel in the clear";
    context.addIssue({ code: "custom", path: ["admin", "port"], message });
  }
  const open = settings.tls.mode === "off" && !LOOPBACK.test(settings.listen.host);
  if (!open || settings.allow_plaintext) return;
  const message = "needs allow_plaintext: true, or a loopback address in listen.host";
  context.addIssue({ code: "custom", path: ["tls", "mode"], message });
});

const SECTIONS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({
    listen,
    tls,
    checkpoint,
    history,
    log,
    limits,
    policy,
    access,
    audit,
    admin,
    metrics,
  }).map(([name, part]) => [name, Object.keys(part.out.shape)]),
);

function complaintsOf(issue: z.core.$ZodIssue): readonly Complaint[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code !== "unrecognized_keys") return [{ path, reason: reasonOf(issue) }];
  return issue.keys.map((key) => ({ path: [...path, key], reason: unknownOption(path, key) }));
}

function unknownOption(path: readonly (string | number)[], key: string): string {
  const meant = nearestWord(key, knownAt(path));
  if (meant !== undefined) return `unknown option, did you mean ${meant}?`;
  const home = Object.entries(SECTIONS).find(([, options]) => options.includes(key));
  return home === undefined ? "unknown option" : `unknown option here, it belongs under ${home[0]}`;
}

/** The options that may stand in the mapping at `path`. */
function knownAt([first, , kind, ...deeper]: readonly (string | number)[]): readonly string[] {
  if (first === undefined) return Object.keys(shape);
  if (first === "groups") return GROUP_OPTIONS;
  if (first !== "rules") return SECTIONS[first] ?? [];
  return deeper.length === 0 ? (RULE_OPTIONS[kind ?? ""] ?? []) : [];
}

function reasonOf(issue: z.core.$ZodIssue): string {
  const reason = issue.message.replace(/^Invalid input: /, "");
  return reason.charAt(0).toLowerCase() + reason.slice(1);
}
