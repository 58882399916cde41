import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from "pino";
import { CodedError, messageOf } from "../base/errors.ts";
import type { RawIdentity } from "../base/identity.ts";
import { isSensitiveField } from "../privacy/guard.ts";
import { redactPersonalData } from "../privacy/personal-data.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a field may hold; `undefined` leaves it out. */
type LogValue = string | number | boolean | null | undefined | readonly string[];
export type LogFields = Readonly<Record<string, LogValue>>;

/** The same fields, unless one is a raw identity or has the name of a part of every line. */
type Loggable<Fields extends LogFields> = {
  readonly [Name in keyof Fields]: Name extends "time" | "level" | "event" | "redacted"
    ? never
    : Fields[Name] extends RawIdentity
      ? never
      : Fields[Name];
};

/** Writes what happened as a dotted event name (`lease.granted`) with facts beside it. */
export interface Log {
  debug<Fields extends LogFields>(event: string, fields?: Loggable<Fields>): void;
  info<Fields extends LogFields>(event: string, fields?: Loggable<Fields>): void;
  warn<Fields extends LogFields>(event: string, fields?: Loggable<Fields>): void;
  error<Fields extends LogFields>(event: string, fields?: Loggable<Fields>): void;
  /** A log that adds these fields to each line. */
  with<Fields extends LogFields>(fields: Loggable<Fields>): Log;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Where whole lines go, each with its newline; standard error when absent. */
  readonly destination?: { write(line: string): void };
}

/**
 * One JSON object per line: `level`, `time` (ISO 8601, UTC), the fields, `event`. Fields whose
 * names promise a person, a machine or a secret are written as `[redacted]`, long texts are cut.
 * E-mail and network addresses, phone, card and identity numbers inside of texts are written as their
 * kind, `[email]`; a line with any has their number in `redacted`.
 */
export function createLog(options: LogOptions): Log {
  // Written at once: the last line before a crash is the one that is needed.
  const target: DestinationStream = options.destination ?? destination({ fd: 2, sync: true });
  const settings = {
    level: options.level,
    messageKey: "event",
    // pino would add the process id and the host's name to each line.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return new PinoLog(pino(settings, target));
}

/** The fields that tell about a failure: its code, text and hint, with the stack of a surprise. */
export function failure(error: unknown): LogFields {
  if (isCoded(error)) {
    const { code, message, hint, cause } = error;
    return {
      ...error.facts,
      code,
      reason: message,
      hint,
      cause: cause === undefined ? undefined : messageOf(cause),
    };
  }
  return { reason: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}

const isCoded = (error: unknown): error is CodedError => error instanceof CodedError;

/** Longer texts are cut: no field is worth a flooded disk. */
const LONGEST_TEXT = 2_000;
/** Characters of the longest piece of personal data that is looked for: an e-mail address. */
const LONGEST_PIECE = 320;

class PinoLog implements Log {
  readonly #pino: Logger;

  constructor(logger: Logger) {
    this.#pino = logger;
  }

  debug(event: string, fields?: LogFields): void {
    // Every grant comes by here; cleaning what is not written would cost more than deciding it.
    if (this.#pino.isLevelEnabled("debug")) this.#pino.debug(clean(fields), event);
  }

  info(event: string, fields?: LogFields): void {
    this.#pino.info(clean(fields), event);
  }

  warn(event: string, fields?: LogFields): void {
    this.#pino.warn(clean(fields), event);
  }

  error(event: string, fields?: LogFields): void {
    this.#pino.error(clean(fields), event);
  }

  with(fields: LogFields): Log {
    return new PinoLog(this.#pino.child(clean(fields)));
  }
}

function clean(fields: LogFields = {}): LogFields {
  let redacted = 0;
  const redact = (text: string): string => {
    // What is cut off is not looked at, but a piece must not lose its end to the cut before it is found.
    const { text: kept, pieces } = redactPersonalData(text.slice(0, LONGEST_TEXT + LONGEST_PIECE));
    redacted += pieces;
    if (text.length <= LONGEST_TEXT) return kept;
    return `${kept.slice(0, LONGEST_TEXT)} … ${text.length - LONGEST_TEXT} more`;
  };
  const cleaned: LogFields = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, cleanValue(name, value, redact)]),
  );
  return redacted === 0 ? cleaned : { ...cleaned, redacted };
}

function cleanValue(name: string, value: LogValue, redact: (text: string) => string): LogValue {
  if (value === null || value === undefined) return value;
  if (isSensitiveField(name)) return "[redacted]";
  if (typeof value === "string") return redact(value);
  return typeof value === "object" ? value.map(redact) : value;
}
