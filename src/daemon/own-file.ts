import { readFileSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { DaemonError } from "./errors.ts";

/** Reads a file of the data folder. @throws DaemonError SITE_FILE_UNREADABLE. */
export function readOwnFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DaemonError("SITE_FILE_UNREADABLE", `cannot read ${path}: ${messageOf(cause)}`, {
      hint: "it must belong to the owner of the data folder; restore it if it is gone",
      cause,
    });
  }
}
