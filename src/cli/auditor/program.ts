import type { LicenseError } from "../../license/errors.ts";
import type { NoteError } from "../../note/errors.ts";
import type { Program } from "../shared/program.ts";
import { COMMANDS } from "./commands.ts";

/** Files that somebody has changed or made up. */
const UNVERIFIED: ReadonlySet<NoteError["code"] | LicenseError["code"]> = new Set([
  "NOTE_SIGNATURE",
  "NOTE_UNSIGNED",
  "LICENSE_SIGNATURE",
  "LICENSE_UNSIGNED",
  "LICENSE_ISSUER",
  "VENDOR_FILE_SIGNATURE",
]);

/** `seatkeeper-audit`. */
export const PROGRAM: Program = {
  name: "seatkeeper-audit",
  summary: "The auditor's desk: what leaves the site in sealed files, read and recomputed.",
  commands: COMMANDS,
  examples: [
    ["init --out auditor.skkey", "make a key; its public half goes to the administrator"],
    ["show usage.skb --key auditor.skkey", "everything that a bundle tells the vendor"],
    ["verify ledger.skc --key auditor.skkey", "the checks alone, of the ledger file itself"],
  ],
  epilogue:
    "it opens files for reading alone (init writes one), and no connection; it cannot make a block that the vendor takes",
  unverified: UNVERIFIED,
};
