import type { Config } from "../config/config.ts";

/** What takes effect at a reload. Everything else is read at start alone. */
const APPLIED: ReadonlySet<string> = new Set([
  "groups",
  "rules",
  "policy",
  "auditor",
  "access.networks",
  "metrics.networks",
]);

/** Settings that differ and wait for a restart, as the file writes them: `listen.port`. */
export function settingsForRestart(running: Config, read: Config): readonly string[] {
  const written = fieldsOf(read);
  const present = fieldsOf(running);
  const names = new Set([...present.keys(), ...written.keys()]);
  return [...names]
    .filter((name) => !isApplied(name, running, read) && present.get(name) !== written.get(name))
    .toSorted();
}

/** Certificates are read again; whether there is TLS at all, and whether clients are asked for theirs, is not. */
function isApplied(name: string, running: Config, read: Config): boolean {
  const isSame = (of: (config: Config) => unknown): boolean => of(running) === of(read);
  if (name.startsWith("tls.client_")) {
    if (name === "tls.client_certificates") return false;
    return isSame(({ tls }) => tls.clientCa === undefined);
  }
  if (name.startsWith("tls.")) return isSame(({ tls }) => tls.mode === "off");
  return APPLIED.has(name);
}

/** Each setting with its value as text. */
function fieldsOf(config: Config): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries<unknown>({ ...config })) {
    if (APPLIED.has(name)) continue;
    if (typeof value !== "object" || value === null) fields.set(snakeCase(name), String(value));
    else
      for (const [inner, each] of Object.entries<unknown>({ ...value }))
        set(fields, name, inner, each);
  }
  return fields;
}

function set(fields: Map<string, string>, name: string, inner: string, value: unknown): void {
  fields.set(`${snakeCase(name)}.${snakeCase(inner)}`, JSON.stringify(value));
}

const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
