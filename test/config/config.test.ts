import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Config, DEFAULT_CONFIG, readConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/errors.ts";
import { readYaml } from "../../src/config/yaml.ts";

const FILE = "/etc/seatkeeper/config.yaml";

function refusalOf(text: string): ConfigError {
  try {
    readConfig(text, FILE);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("config.example.yaml", () => {
  const example = readFileSync(new URL("../../config.example.yaml", import.meta.url), "utf8");

  it("says exactly the defaults", () => {
    expect(readConfig(example, FILE)).toEqual(DEFAULT_CONFIG);
  });

  it("has every option that there is", () => {
    const { value } = readYaml(example, FILE);
    expect(optionsOf(value)).toEqual([
      "access.networks",
      "access.tokens",
      "admin.host",
      "admin.port",
      "allow_plaintext",
      "audit.keep",
      "auditor.key",
      "checkpoint.heartbeat",
      "checkpoint.max_interval",
      "checkpoint.max_pending",
      "checkpoint.schedule",
      "data_dir",
      "groups",
      "history.keep",
      "limits.connections",
      "limits.connections_per_address",
      "limits.connects_per_address",
      "limits.frame_bytes",
      "limits.handshake",
      "limits.leases_per_client",
      "limits.outbound_bytes",
      "limits.ping",
      "limits.queue_length",
      "limits.requests_per_key",
      "limits.requests_per_second",
      "limits.usage_keys_per_client",
      "listen.host",
      "listen.names",
      "listen.origins",
      "listen.port",
      "log.file",
      "log.format",
      "log.level",
      "log.max_bytes",
      "log.socket",
      "log.to",
      "metrics.enabled",
      "metrics.networks",
      "policy.show_holders",
      "rules",
      "socket",
      "time_zone",
      "tls.certificate",
      "tls.client_ca",
      "tls.client_certificates",
      "tls.client_crl",
      "tls.key",
      "tls.mode",
    ]);
    const files = { certificate: 1, key: 1, clientCa: 1, clientCertificates: 1, clientCrl: 1 };
    const inConfig = optionsOf({ ...DEFAULT_CONFIG, tls: { mode: 1, ...files } });
    expect(inConfig.map(snakeCase).toSorted()).toEqual(optionsOf(value));
  });

  it("explains every option in a comment above it, or above its group", () => {
    const uncommented = example.split("\n").filter((line, index, lines) => {
      const isOption = /^ *[a-z_]+: \S/.test(line);
      return isOption && !/^ *(#|[a-z_]+:)/.test(lines[index - 1] ?? "");
    });
    expect(uncommented).toEqual([]);
  });
});

describe("a configuration", () => {
  it("is all defaults when it is empty, or all comments", () => {
    expect(readConfig("", FILE)).toEqual(DEFAULT_CONFIG);
    expect(readConfig("# nothing\nlimits:\n  # ping: 5s\n", FILE)).toEqual(DEFAULT_CONFIG);
  });

  it("changes what it names and nothing else", () => {
    const config = readConfig("listen:\n  port: 0\nlimits:\n  handshake: 2500ms\n", FILE);
    expect(config).toEqual({
      ...DEFAULT_CONFIG,
      listen: { ...DEFAULT_CONFIG.listen, port: 0 },
      limits: { ...DEFAULT_CONFIG.limits, handshake: 2_500 },
    });
  });

  it("reads durations with their unit", () => {
    const config = readConfig("checkpoint: { max_interval: 90s, heartbeat: 2h }", FILE);
    expect(config.checkpoint.maxInterval).toBe(90_000);
    expect(config.checkpoint.heartbeat).toBe(7_200_000);
  });

  it("finds relative paths beside the file", () => {
    const config = readConfig("data_dir: data\nsocket: ../run/admin.sock\n", FILE);
    expect(config.dataDir).toBe("/etc/seatkeeper/data");
    expect(config.socket).toBe("/etc/run/admin.sock");
  });

  it("names both files of a certificate", () => {
    const text = "tls:\n  mode: files\n  certificate: tls.crt\n  key: tls.key\n";
    expect(readConfig(text, FILE).tls).toEqual({
      mode: "files",
      certificate: "/etc/seatkeeper/tls.crt",
      key: "/etc/seatkeeper/tls.key",
    });
  });

  it("cannot be changed afterwards", () => {
    const { limits }: Config = readConfig("", FILE);
    expect(() => Object.assign(limits, { connections: 1 })).toThrow(TypeError);
  });
});

describe("a wrong option", () => {
  it("is named with file, line and column", () => {
    const error = refusalOf("log:\n  level: info\nlimits:\n  connections: many\n");
    expect(error.code).toBe("CONFIG_FIELD");
    expect(error.message).toBe(
      "/etc/seatkeeper/config.yaml:4:3: limits.connections: expected number, received string",
    );
    expect(error.facts).toEqual({ path: FILE, line: 4, column: 3, field: "limits.connections" });
    expect(error.hint).toBe("config.example.yaml explains every option");
  });

  it("is a slip in the auditor's key, which would seal the ledger to nobody", () => {
    const key = "skaud1-XSLwxehHOZufrO9pd_dm_Yh2fEr_knNHKImYdIleTzzUEzUg";
    expect(readConfig(`auditor: { key: ${key} }`, FILE).auditor).toEqual({ key });
    expect(refusalOf(`auditor:\n  key: ${key.replace("XSL", "XSl")}\n`).message).toBe(
      "/etc/seatkeeper/config.yaml:2:3: auditor.key: has a slip in it: copy it whole, as " +
        "seatkeeper-audit init or seatkeeper-audit key prints it: skaud1- and 48 characters",
    );
  });

  it("is guessed when it is mistyped", () => {
    expect(refusalOf("data-dir: /data\n").message).toBe(
      "/etc/seatkeeper/config.yaml:1:1: data-dir: unknown option, did you mean data_dir?",
    );
    expect(refusalOf("\ncheckpoint:\n  shedule: '* * * * *'\n").message).toBe(
      "/etc/seatkeeper/config.yaml:3:3: checkpoint.shedule: unknown option, did you mean schedule?",
    );
  });

  it("is shown its place when it stands in another section", () => {
    expect(refusalOf("port: 7000\n").message).toBe(
      "/etc/seatkeeper/config.yaml:1:1: port: unknown option here, it belongs under listen",
    );
    expect(refusalOf("colour: red\n").message).toBe(
      "/etc/seatkeeper/config.yaml:1:1: colour: unknown option",
    );
  });

  it("does not hide the next one", () => {
    const error = refusalOf("data_dir: 7\nlog:\n  level: loud\n");
    expect(error.message).toMatch(/\(and 1 more\)$/);
    expect(error.problems.map(({ line, field }) => [line, field])).toEqual([
      [1, "data_dir"],
      [3, "log.level"],
    ]);
  });

  it.each([
    ["limits: { ping: 30 }", "expected a duration such as 90s"],
    ["limits: { ping: 30 s }", "expected a duration such as 90s"],
    ["limits: { ping: 2h }", "expected a duration from 1s to 1h"],
    ["listen: { port: 65536 }", "too big: expected number to be <=65535"],
    ["listen: { port: 80.5 }", "expected int, received number"],
    ["listen: []", "expected object, received array"],
    ["checkpoint: { schedule: hourly }", "expected a cron line of five fields"],
    ["tls: { mode: files, certificate: a.pem }", 'is needed with mode "files"'],
    ["tls: { certificate: a.pem }", 'is used with mode "files" only'],
    ["tls: { client_crl: a.pem }", "needs client_ca: the file of the authorities"],
    ["tls: { client_certificates: required }", "needs client_ca: the file of the authorities"],
    ["tls: { mode: off, client_ca: a.pem }", 'needs TLS: it is not used with mode "off"'],
    ["tls: { mode: off }", "needs allow_plaintext: true, or a loopback address in listen.host"],
    ["- a\n- b", "expected object, received array"],
    ["just words", "expected object, received string"],
  ])("%j is refused with a reason", (text, reason) => {
    expect(refusalOf(text).problems[0]?.reason).toBe(reason);
  });

  it("is no obstacle once plaintext is allowed, or stays on this machine", () => {
    expect(readConfig("tls: { mode: off }\nallow_plaintext: true", FILE).tls.mode).toBe("off");
    const local = readConfig("tls: { mode: off }\nlisten: { host: 127.0.0.1 }", FILE);
    expect(local.tls.mode).toBe("off");
  });
});

/** The options as dotted names, in alphabetical order. */
function optionsOf(value: unknown, prefix = ""): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [prefix];
  if (Object.keys(value).length === 0) return [prefix];
  const names = Object.entries(value).flatMap(([name, inner]) =>
    optionsOf(inner, prefix === "" ? name : `${prefix}.${name}`),
  );
  return names.toSorted();
}

const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("the time zone", () => {
  it("is one that the system knows", () => {
    expect(readConfig("time_zone: Europe/Berlin\n", "/etc/seatkeeper/config.yaml").timeZone).toBe(
      "Europe/Berlin",
    );
    expect(() => readConfig("time_zone: Mars/Olympus\n", "/etc/seatkeeper/config.yaml")).toThrow(
      expect.objectContaining({ code: "CONFIG_FIELD" }),
    );
  });
});
