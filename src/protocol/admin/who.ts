import { type RawIdentity, rawIdentity } from "../../base/identity.ts";
import { LABEL_LENGTH } from "../limits.ts";

/** Names who gives a command on the daemon's machine, for the audit trail. A claim, as every label is. */
export const WHO_HEADER = "seatkeeper-who";

export const writeWho = (who: RawIdentity): string => encodeURIComponent(who);

/** Undefined where nobody is named, or by no name. */
export function readWho(header: string | readonly string[] | undefined): RawIdentity | undefined {
  if (typeof header !== "string") return undefined;
  try {
    const who = decodeURIComponent(header);
    return who === "" || who.length > LABEL_LENGTH ? undefined : rawIdentity(who);
  } catch {
    return undefined;
  }
}
