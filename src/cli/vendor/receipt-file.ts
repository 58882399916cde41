import { CliError } from "../shared/errors.ts";
import { readTextInput } from "../shared/input-file.ts";
import { checkOutput, writeOutput } from "../shared/output-file.ts";

/**
 * Refuses while nothing is counted yet what {@link writeReceiptFile} would refuse afterwards.
 * @throws CliError `OUTPUT_EXISTS`, `OUTPUT_FAILED`
 */
export function checkReceiptFile(path: string): void {
  const hint = "nothing was counted; name a folder for the receipt with --receipt-dir";
  hinting(hint, () => checkOutput(path, { force: isReceipt(textAt(path)) }));
}

/**
 * Writes a receipt where it belongs. A receipt of the same name, this or an earlier one, may be
 * replaced; anything else is not touched.
 * @throws CliError `OUTPUT_EXISTS`, `OUTPUT_FAILED`
 */
export function writeReceiptFile(path: string, text: string): void {
  const present = textAt(path);
  if (present === text) return;
  // The transaction is over: nothing is lost, and the same receipt comes again.
  const hint =
    "the usage is counted; ingest the bundle again with --receipt-dir to get its receipt";
  hinting(hint, () => writeOutput(path, text, { force: isReceipt(present) }));
}

const isReceipt = (text: string | undefined): boolean =>
  text?.startsWith("seatkeeper receipt v") === true;

function hinting(hint: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause;
    throw new CliError(cause.code, cause.message, { cause, hint });
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
