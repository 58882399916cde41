import { fromUtf8, toBase64Url, utf8 } from "../base/bytes.ts";
import { messageOf } from "../base/errors.ts";
import type { UnixMillis } from "../base/time.ts";
import {
  bytes,
  decodeWith,
  embeddedNote,
  lineOfText,
  listOf,
  mapOf,
  moment,
  vendorNameField,
  versionField,
  wholeNumber,
} from "../license/fields.ts";
import { DaemonError } from "./errors.ts";

/** The first file of a backup. */
export const MANIFEST_NAME = "manifest.json";

/** Where one vendor's ledger stood. */
export interface BackedUpLedger {
  readonly vendor: string;
  /** The head, as the daemon signed it. */
  readonly head: string;
  /** The tip proof over it: with it, the vendor takes the blocks of this backup for complete. */
  readonly tip: Uint8Array;
}

/** Something that is in no backup. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** What a backup says of itself (docs/spec/backup.md). */
export interface BackupManifest {
  readonly madeAt: UnixMillis;
  /** Version of the program that made it. */
  readonly program: string;
  /** Steps of the database's schema. */
  readonly schema: number;
  readonly ledgers: readonly BackedUpLedger[];
  readonly leftOut: readonly LeftOut[];
}

/** The bytes of `manifest.json`. */
export function encodeManifest(manifest: BackupManifest): Uint8Array {
  const body = {
    made_at: manifest.madeAt,
    program: manifest.program,
    schema: manifest.schema,
    ledgers: manifest.ledgers.map(({ vendor, head, tip }) => ({
      vendor,
      head,
      tip: toBase64Url(tip),
    })),
    left_out: manifest.leftOut,
  };
  return utf8(`${JSON.stringify(body, null, 2)}\n`);
}

/** @throws DaemonError BACKUP_DAMAGED naming the field. */
export function decodeManifest(file: Uint8Array): BackupManifest {
  const body = decodeWith(MANIFEST, jsonIn(file), ({ path, problem }) =>
    refused(`${path.join(".") || "the whole"} ${problem}`),
  );
  return {
    madeAt: body.made_at,
    program: body.program,
    schema: body.schema,
    ledgers: body.ledgers,
    leftOut: body.left_out,
  };
}

const MANIFEST = mapOf({
  made_at: moment,
  program: versionField,
  schema: wholeNumber(1, 1_000_000),
  ledgers: listOf(mapOf({ vendor: vendorNameField, head: embeddedNote, tip: bytes(32) })),
  left_out: listOf(mapOf({ what: lineOfText, why: lineOfText })),
});

function jsonIn(file: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(file));
  } catch (cause) {
    throw refused(`is no JSON: ${messageOf(cause)}`);
  }
}

function refused(what: string): DaemonError {
  return new DaemonError("BACKUP_DAMAGED", `the backup's manifest.json: ${what}`, {
    hint: "restore it with the release that wrote it, or take another backup",
  });
}
