import { CliError } from "../shared/errors.ts";
import { readTextInput } from "../shared/input-file.ts";
import { writeOutput } from "../shared/output-file.ts";

/**
 * Writes a receipt where it belongs. A receipt of the same name, this or an earlier one, may be
 * replaced; anything else is not touched.
 * @throws CliError `OUTPUT_EXISTS`, `OUTPUT_FAILED`
 */
export function writeReceiptFile(path: string, text: string): void {
  const present = textAt(path);
  if (present === text) return;
  writeOutput(path, text, { force: present?.startsWith("seatkeeper receipt v") === true });
}

function textAt(path: string): string | undefined {
  try {
    return readTextInput(path, "receipt");
  } catch (error) {
    if (error instanceof CliError && error.code === "FILE_NOT_FOUND") return undefined;
    // Unreadable or no text: certainly no receipt, so writing it will refuse.
    if (error instanceof CliError) return "";
    throw error;
  }
}
