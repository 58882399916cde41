import type { ReceiptError } from "../../bundle/errors.ts";
import type { LicenseError } from "../../license/errors.ts";
import type { NoteError } from "../../note/errors.ts";
import type { TrailError } from "../../trail/errors.ts";
import type { Program } from "../shared/program.ts";
import { COMMANDS } from "./commands.ts";

/** Files that somebody has changed or made up. What is merely damaged or not for us is refused. */
const UNVERIFIED: ReadonlySet<
  NoteError["code"] | LicenseError["code"] | ReceiptError["code"] | TrailError["code"]
> = new Set([
  "NOTE_SIGNATURE",
  "NOTE_UNSIGNED",
  "LICENSE_SIGNATURE",
  "LICENSE_UNSIGNED",
  "LICENSE_ISSUER",
  "VENDOR_FILE_SIGNATURE",
  "RELEASE_SIGNATURE",
  "RECEIPT_ROOT",
  "RECEIPT_AHEAD",
  "TRAIL_FORMAT",
]);

/** `seatkeeper`. */
export const PROGRAM: Program = {
  name: "seatkeeper",
  summary: "Offline license daemon: floating seats, metered usage, sealed reports.",
  commands: COMMANDS,
  examples: [
    ["demo", "see the whole journey on this machine, with throw-away keys"],
    ["run --feature cad.pro -- cad", "hold a seat while a program runs"],
    ["--export-usage usage.skb", "write the usage bundle for the vendor"],
  ],
  unverified: UNVERIFIED,
};
