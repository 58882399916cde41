import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readVendorFile, type VendorFile } from "../../license/vendor-file.ts";
import type { Shell } from "../shared/command.ts";
import { CliError } from "../shared/errors.ts";
import { readSignedInput } from "../shared/signed-input.ts";

/** Folders where a workstation keeps vendor files. */
const PLACES = [join(homedir(), ".config", "seatkeeper"), "/etc/seatkeeper"] as const;

/**
 * The vendor that `seatkeeper run` trusts: the file that was named, or the only one installed on
 * this workstation.
 * @throws CliError VENDOR_FILE_MISSING; NoteError, LicenseError for a damaged file.
 */
export function trustedVendor(named: string | undefined, shell: Shell): VendorFile {
  const path = named ?? shell.env["SEATKEEPER_VENDOR_FILE"] ?? "";
  return readVendorFile(readSignedInput(path === "" ? onlyInstalled() : path, "vendor"));
}

function onlyInstalled(): string {
  const found = PLACES.flatMap(vendorFilesIn);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const message =
    only === undefined
      ? "no vendor file is installed"
      : `${found.length} vendor files are installed`;
  throw new CliError("VENDOR_FILE_MISSING", message, {
    hint: `name it with --vendor-file or SEATKEEPER_VENDOR_FILE, or put one into ${PLACES[0]}`,
  });
}

function vendorFilesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".skvendor"))
    .map((name) => join(folder, name));
}
