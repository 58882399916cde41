import { dirname, resolve } from "node:path";
import type { Millis } from "../base/time.ts";
import type { Network } from "../rules/network.ts";
import { reviewRules } from "../rules/review.ts";
import type { SitePolicy } from "../rules/written-rule.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { type Complaint, decodeSettings, type Settings } from "./settings.ts";
import { type Place, readYaml, type YamlText } from "./yaml.ts";

/** What the administrator decides; config.example.yaml explains each option. Frozen. */
export interface Config extends SitePolicy {
  /** Absolute. */
  readonly dataDir: string;
  /** The administration socket, absolute. */
  readonly socket: string;
  readonly listen: {
    readonly host: string;
    /** 0 takes a free port. */
    readonly port: number;
    /** Names under which clients address this daemon, lower case; IP addresses always may. */
    readonly names: readonly string[];
    /** Browser origins that may connect. */
    readonly origins: readonly string[];
  };
  readonly tls: (
    | { readonly mode: "self-made" | "off" }
    | { readonly mode: "files"; readonly certificate: string; readonly key: string }
  ) &
    ClientDoor;
  readonly allowPlaintext: boolean;
  readonly checkpoint: {
    /** A cron line; `clock` reads it. */
    readonly schedule: string;
    readonly maxInterval: Millis;
    /** Events that may wait for a checkpoint. */
    readonly maxPending: number;
    readonly heartbeat: Millis;
  };
  /** The IANA time zone whose days and months quotas count over. */
  readonly timeZone: string;
  readonly history: {
    /** How long figures for the administrator are kept. */
    readonly keep: Millis;
  };
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "json" | "text";
    /** `journal` is standard error, which the service manager collects. */
    readonly to: "journal" | "file" | "syslog";
    readonly file: string;
    /** Bytes of the file before it becomes the older one. */
    readonly maxBytes: number;
    /** Where the system log listens. */
    readonly socket: string;
  };
  readonly limits: ConfigLimits;
  readonly access: {
    /** Whether a client must show an enrolment token to be greeted. */
    readonly tokens: "optional" | "required";
    /** From where connections are taken at all; empty: from everywhere. */
    readonly networks: readonly Network[];
  };
  readonly auditor: {
    /** Who besides the vendors may read what is sealed, as `seatkeeper-audit init` prints it. */
    readonly key: string | null;
  };
  readonly audit: {
    /** How long the records of the audit trail are kept. */
    readonly keep: Millis;
  };
  /** Administration over the network, besides the socket. */
  readonly admin: {
    readonly host: string;
    /** Null for none; 0 takes a free port. */
    readonly port: number | null;
  };
  readonly metrics: {
    /** Whether there is a page of figures for Prometheus. */
    readonly enabled: boolean;
    /** From where it may be asked for. */
    readonly networks: readonly Network[];
  };
}

/** What a workstation shows to be let in at all; nothing when there is no `clientCa`. */
interface ClientDoor {
  /** The file of the authorities that sign certificates of workstations, absolute. */
  readonly clientCa?: string;
  /** Whether who shows no certificate is let in all the same. There when `clientCa` is. */
  readonly clientCertificates?: "required" | "optional";
  /** The file of what those authorities have revoked, absolute. */
  readonly clientCrl?: string;
}

interface ConfigLimits {
  readonly frameBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** New connections of one address in a second. */
  readonly connectsPerAddress: number;
  /** Per connection. */
  readonly requestsPerSecond: number;
  /** Requests of one client key in a second, over all its connections. */
  readonly requestsPerKey: number;
  readonly handshake: Millis;
  readonly ping: Millis;
  readonly outboundBytes: number;
  /** Waiting requests per feature. */
  readonly queueLength: number;
  /** Leases and waiting requests of one client key. */
  readonly leasesPerClient: number;
  /** Usage keys remembered per client key. */
  readonly usageKeysPerClient: number;
}

/** A configuration, and where it says what. */
export interface ConfigFile {
  readonly config: Config;
  /** Where the option of this path is written, or else the nearest one around it. */
  readonly placeOf: (path: readonly (string | number)[]) => Place;
}

/**
 * Reads a configuration. What it leaves out has its default; relative paths start at the folder of
 * the file.
 * @throws {@link ConfigError} `CONFIG_YAML`, `CONFIG_FIELD` with file, line and column.
 */
export function readConfig(text: string, path: string): Config {
  return readConfigFile(text, path).config;
}

/** As {@link readConfig}, for who has more to say about the file. */
export function readConfigFile(text: string, path: string): ConfigFile {
  const yaml = readYaml(text, path);
  const decoded = decodeSettings(yaml.value);
  if (decoded.kind === "refused") throw refusal(path, yaml, decoded.complaints);
  const config = configOf(decoded.settings, dirname(path));
  const errors = reviewRules(config).filter(({ severity }) => severity === "error");
  const complaints = errors.map((error) => ({ path: error.path, reason: error.text }));
  if (complaints.length > 0) throw refusal(path, yaml, complaints);
  return { config: frozen(config), placeOf: yaml.lineOf };
}

function refusal(path: string, yaml: YamlText, complaints: readonly Complaint[]): ConfigError {
  const [first, ...others] = complaints.map((complaint): ConfigProblem => {
    const { line, column } = yaml.lineOf(complaint.path);
    return { path, line, column, field: complaint.path.join("."), reason: complaint.reason };
  });
  if (first === undefined) throw new TypeError("refused without a reason");
  const hint = "config.example.yaml explains every option";
  return new ConfigError("CONFIG_FIELD", [first, ...others], hint);
}

/** What holds where the file says nothing. */
export const DEFAULT_CONFIG: Config = readConfig("", "/etc/seatkeeper/config.yaml");

function configOf(settings: Settings, folder: string): Config {
  const { listen, tls, checkpoint, limits } = settings;
  return {
    dataDir: resolve(folder, settings.data_dir),
    socket: resolve(folder, settings.socket),
    listen: { ...listen, names: listen.names.map((name) => name.toLowerCase()) },
    tls: {
      ...(tls.mode === "files"
        ? {
            mode: tls.mode,
            certificate: resolve(folder, tls.certificate ?? ""),
            key: resolve(folder, tls.key ?? ""),
          }
        : { mode: tls.mode }),
      ...clientDoorOf(tls, folder),
    },
    allowPlaintext: settings.allow_plaintext,
    checkpoint: {
      schedule: checkpoint.schedule,
      maxInterval: checkpoint.max_interval,
      maxPending: checkpoint.max_pending,
      heartbeat: checkpoint.heartbeat,
    },
    timeZone: settings.time_zone,
    history: settings.history,
    log: {
      level: settings.log.level,
      format: settings.log.format,
      to: settings.log.to,
      file: resolve(folder, settings.log.file),
      maxBytes: settings.log.max_bytes,
      socket: settings.log.socket,
    },
    limits: {
      frameBytes: limits.frame_bytes,
      connections: limits.connections,
      connectionsPerAddress: limits.connections_per_address,
      connectsPerAddress: limits.connects_per_address,
      requestsPerSecond: limits.requests_per_second,
      requestsPerKey: limits.requests_per_key,
      handshake: limits.handshake,
      ping: limits.ping,
      outboundBytes: limits.outbound_bytes,
      queueLength: limits.queue_length,
      leasesPerClient: limits.leases_per_client,
      usageKeysPerClient: limits.usage_keys_per_client,
    },
    groups: settings.groups,
    rules: settings.rules,
    policy: { showHolders: settings.policy.show_holders },
    access: settings.access,
    auditor: settings.auditor,
    audit: settings.audit,
    admin: settings.admin,
    metrics: settings.metrics,
  };
}

function clientDoorOf(tls: Settings["tls"], folder: string): ClientDoor {
  const { client_ca: ca, client_crl: crl } = tls;
  if (ca === null) return {};
  const clientCrl = crl === null ? {} : { clientCrl: resolve(folder, crl) };
  const clientCertificates = tls.client_certificates ?? "required";
  return { clientCa: resolve(folder, ca), clientCertificates, ...clientCrl };
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
