import { type Millis, millis, type UnixMillis, unixMillis } from "../base/time.ts";

/** What is kept of a borrowed seat. */
export interface KeptTicket {
  /** A note of kind `borrow`. */
  readonly ticket: string;
  /** A note of kind `license`, which proves it. */
  readonly license: string;
  /** The latest time that was seen in the ticket's life: a clock that is set back does not undo it. */
  readonly seenAt: UnixMillis;
  /** Borrowed anew for so long at half of its time, whenever the daemon can be asked; null for never. */
  readonly renewFor: Millis | null;
  /** Given back, though the daemon may not know it yet: of no more use here. */
  readonly isReturned: boolean;
}

const FIRST_LINE = "seatkeeper borrowed seat v1";

/** A line that says what it is, and JSON. */
export function writeTicketFile(kept: KeptTicket): string {
  const { ticket, license, seenAt, renewFor, isReturned } = kept;
  const fields = { ticket, license, seenAt, renewFor, isReturned };
  return `${FIRST_LINE}\n${JSON.stringify(fields)}\n`;
}

/** `undefined` for what is no such file: nothing in it is worth a refusal of its own. */
export function readTicketFile(text: string): KeptTicket | undefined {
  const [first, json = "", ...rest] = text.split("\n");
  if (first !== FIRST_LINE || rest.join("") !== "") return undefined;
  try {
    const fields: unknown = JSON.parse(json);
    if (typeof fields !== "object" || fields === null) return undefined;
    return keptOf(new Map<string, unknown>(Object.entries(fields)));
  } catch {
    return undefined;
  }
}

function keptOf(fields: ReadonlyMap<string, unknown>): KeptTicket | undefined {
  const [ticket, license] = [fields.get("ticket"), fields.get("license")];
  const [seenAt, renewFor] = [fields.get("seenAt"), fields.get("renewFor")];
  if (typeof ticket !== "string" || typeof license !== "string") return undefined;
  if (typeof seenAt !== "number") return undefined;
  return {
    ticket,
    license,
    seenAt: unixMillis(seenAt),
    renewFor: typeof renewFor === "number" ? millis(renewFor) : null,
    isReturned: fields.get("isReturned") === true,
  };
}
