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
  try {
    writeOutput(path, text, { force: present?.startsWith("seatkeeper receipt v") === true });
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause;
    // The transaction is over: nothing is lost, and the same receipt comes again.
    throw new CliError(cause.code, cause.message, {
      cause,
      hint: "the usage is counted; ingest the bundle again with --receipt-dir to get its receipt",
    });
  }
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
