import { existsSync } from "node:fs";
import { audit } from "../../audit/audit.ts";
import type { AuditAnchor, AuditInput } from "../../audit/audit-input.ts";
import type { AuditReport } from "../../audit/audit-report.ts";
import { erase } from "../../crypto/erase.ts";
import { gapIn, overGap } from "../../ledger/gap.ts";
import { KeptLeaves } from "../../ledger/kept-leaves.ts";
import type { ByteSource } from "../../ledger/ports.ts";
import { readLicense } from "../../license/license.ts";
import { readVendorFile } from "../../license/vendor-file.ts";
import type { Shell } from "../shared/command.ts";
import { usageError } from "../shared/errors.ts";
import { fileSource } from "../shared/file-source.ts";
import { withInput } from "../shared/input-file.ts";
import { pieceCodec } from "../shared/piece-codec.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { readKeyFile } from "./key-file.ts";

/** Options of the commands that look at a file. */
export const EXAMINATION_OPTIONS = {
  file: {
    type: "string",
    demandOption: true,
    describe: "a usage bundle (*.skb), a ledger file (ledger.skc) or an archive (*.skarchive)",
  },
  key: { type: "string", requiresArg: true, describe: "the auditor's private key, *.skkey" },
  known: {
    type: "string",
    array: true,
    requiresArg: true,
    describe: "key id of another auditor that may be there",
  },
  license: {
    type: "string",
    requiresArg: true,
    describe: "the site's license, to check that this is the licensed ledger; with --vendor-file",
  },
  "vendor-file": {
    type: "string",
    requiresArg: true,
    describe: "the vendor's public file, *.skvendor, which vouches for the license",
  },
} as const;

/** What {@link EXAMINATION_OPTIONS} hold, with those of a passphrase. */
export interface ExaminationOptions {
  readonly file: string;
  readonly key?: string | undefined;
  readonly known?: readonly string[] | undefined;
  readonly license?: string | undefined;
  readonly vendorFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly passphraseFd?: number | undefined;
}

/**
 * Looks at a file and shows each block to `visitor` on the way.
 * @throws CliError, NoteError, LicenseError, CryptoError for what was named beside the file; what is
 * wrong with the file itself is in the report.
 */
export async function examine(
  options: ExaminationOptions,
  { out }: Shell,
  visitor?: AuditInput["visitor"],
): Promise<AuditReport> {
  const license = anchorOf(options);
  const knownReaders = new Set(options.known?.map(keyId));
  const passphrase = { file: options.passphraseFile, fd: options.passphraseFd };
  const key =
    options.key === undefined ? undefined : await readKeyFile(options.key, passphrase, out);
  try {
    return withInput(options.file, "file", (fd) => {
      const shown = visitor ? { visitor } : {};
      const input = { secret: key?.secret, knownReaders, license, codec: pieceCodec, ...shown };
      return withLeaves(options.file, fileSource(fd, options.file), (source) =>
        audit(source, input),
      );
    });
  } finally {
    if (key) erase(key.secret);
  }
}

/** A ledger that was archived in part has the leaf hashes of that part in a file beside it. */
function withLeaves<Result>(
  path: string,
  file: ByteSource,
  work: (source: ByteSource) => Result,
): Result {
  const leaves = `${path}.leaves`;
  if (!existsSync(leaves)) return work(file);
  return withInput(leaves, "file of leaf hashes", (fd) =>
    work(overGap(file, gapIn(file, KeptLeaves.open(fileSource(fd, leaves))))),
  );
}

function anchorOf({ license, vendorFile }: ExaminationOptions): AuditAnchor | undefined {
  if (license === undefined && vendorFile === undefined) return undefined;
  if (license === undefined || vendorFile === undefined)
    throw usageError("--license and --vendor-file belong together: the one vouches for the other");
  const { name: vendorName, rootKey } = readVendorFile(readSignedInput(vendorFile, "vendor"));
  return readLicense(readSignedInput(license, "license"), { vendorName, rootKey });
}

function keyId(text: string): string {
  if (!/^[0-9a-f]{16}$/.test(text))
    throw usageError(
      `--known ${text} is no key id`,
      "a key id is 16 hex digits, as in 1f3a5c7e90b2d4f6",
    );
  return text;
}
