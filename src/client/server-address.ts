import { DEFAULT_PORT } from "../protocol/wire-codes.ts";
import { ClientError } from "./errors.ts";
import { badOption } from "./option-error.ts";

/** Where a daemon may be reached. */
export interface ServerAddress {
  /** `wss://host:7328/`. */
  readonly url: string;
  readonly secure: boolean;
  /** Whether it is this machine. */
  readonly isLoopback: boolean;
}

/** Addresses in one list. */
const MAX_SERVERS = 16;

/**
 * Reads a list of servers, first choice first: `wss://host:7328`, `ws://127.0.0.1:7328` or the
 * field's `7328@host` (which means wss), separated by commas. A URL without a port means 7328.
 * @param allowPlaintext lets `ws://` name another machine than this one.
 * @throws ClientError CLIENT_OPTION when it is no list of texts, SERVER_ADDRESS, SERVER_PLAINTEXT.
 */
export function parseServers(
  list: string | readonly string[],
  allowPlaintext: boolean,
): readonly ServerAddress[] {
  const parts: unknown = typeof list === "string" ? [list] : list;
  if (!isTexts(parts)) {
    const rule = "must be an address, or a list of addresses";
    throw badOption("servers", rule, "write wss://host:7328 or 7328@host");
  }
  const texts = parts.flatMap((part) => part.split(",")).map((text) => text.trim());
  if (texts.every((text) => text === "")) throw badAddress("", "no server is named");
  if (texts.length > MAX_SERVERS) throw badAddress("", `more than ${MAX_SERVERS} servers`);
  return texts.map((text) => parseServer(text, allowPlaintext));
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((part) => typeof part === "string");

const FIELD_FORM = /^(?<port>[0-9]{1,5})@(?<host>[^@/]+)$/;

function parseServer(text: string, allowPlaintext: boolean): ServerAddress {
  const { port, host } = FIELD_FORM.exec(text)?.groups ?? {};
  const url = parseUrl(host === undefined ? text : `wss://${bracketed(host)}:${port}`, text);
  const secure = url.protocol === "wss:";
  const isHere = isLoopback(url.hostname);
  if (!secure && !allowPlaintext && !isHere) {
    throw new ClientError("SERVER_PLAINTEXT", `${quoted(text)} would be reached without TLS`, {
      hint: "write wss:// instead, or allow plaintext on purpose",
    });
  }
  return { url: url.href, secure, isLoopback: isHere };
}

function parseUrl(text: string, original: string): URL {
  const spelled = WITH_PORT.test(text) ? text : text.replace(/\/?$/, `:${DEFAULT_PORT}`);
  if (!/^wss?:\/\/[^/]/i.test(text) || !URL.canParse(spelled)) {
    throw badAddress(original, "is not a server address");
  }
  const url = new URL(spelled);
  if (url.username !== "" || url.password !== "") throw badAddress(original, "carries a login");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw badAddress(original, "carries a path");
  }
  // A URL drops the port that its scheme implies.
  if (url.port === "0") throw badAddress(original, "has no usable port");
  return url;
}

const WITH_PORT = /^wss?:\/\/(?:\[[^\]]*\]|[^:/@?#]*):[0-9]+\/?$/i;

/** An IPv6 address needs brackets in a URL. */
const bracketed = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);

function badAddress(text: string, what: string): ClientError {
  return new ClientError("SERVER_ADDRESS", text === "" ? what : `${quoted(text)} ${what}`, {
    hint: "write wss://host:7328 or 7328@host, several separated by commas",
  });
}

/** A login in an address is not repeated. */
const quoted = (text: string): string =>
  JSON.stringify(text.replace(/\/\/.*@/, "//…@").slice(0, 300));
