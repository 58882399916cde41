import { HEX_16 } from "../../base/ids.ts";
import { isoTime } from "../../base/time.ts";
import { type Revoked, type RevokedLicenses, revoke as revokeAt } from "../../vendor/revoke.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { PASSPHRASE_OPTIONS, readPassphrase } from "../shared/passphrase.ts";
import { DIR_OPTION, now, openDesk, withStore } from "./desk.ts";

const HEX_8 = /^[0-9a-f]{16}$/;

/** `seatkeeper-vendor revoke`: the vendor no longer stands by a license or an issuing key. */
export const revoke: Command = command({
  command: "revoke",
  summary: "no longer stand by a license, or by all that an issuing key has signed",
  options: {
    license: { type: "string", requiresArg: true, describe: "the id of a license: 32 hex digits" },
    issuer: {
      type: "string",
      requiresArg: true,
      describe: "the id of a former issuing key; see seatkeeper-vendor keys list",
    },
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["revoke --license 0af7651916cd43dd8448eb211c80319c", "it was never paid"],
    ["revoke --issuer 0af7651916cd43dd", "the key was stolen, and another is in its place"],
  ],
  async run(options, shell) {
    const revoked = revokedBy(options);
    const folder = openDesk(options, shell);
    const source = { file: options.passphraseFile, fd: options.passphraseFd };
    const prompt = `passphrase of ${folder.vendor.name}`;
    const passphrase = await readPassphrase(source, { prompt, isNew: false }, shell.out);
    const done = await withStore(folder, (store) =>
      revokeAt(folder.path, store, { revoked, passphrase, now: now() }),
    );
    if (options.json) shell.out.json(jsonOf(done));
    else tell(done, shell.out);
    return EXIT.done;
  },
});

function revokedBy({
  license,
  issuer,
}: {
  readonly license?: string | undefined;
  readonly issuer?: string | undefined;
}): Revoked {
  if (license !== undefined && issuer === undefined) {
    if (HEX_16.test(license)) return { kind: "license", licenseId: license };
    throw usageError("a license has 32 hex digits", "ask the site for its seatkeeper license show");
  }
  if (issuer !== undefined && license === undefined) {
    if (HEX_8.test(issuer)) return { kind: "issuer", keyId: issuer };
    throw usageError("an issuing key has 16 hex digits", "see seatkeeper-vendor keys list");
  }
  throw usageError("say what: either --license or --issuer");
}

function tell({ list, repeated, licenses }: RevokedLicenses, out: Output): void {
  out.line(`list      ${list.number}${repeated ? ", as before" : ""}`);
  for (const { licenseId, site } of licenses) out.line(`license   ${licenseId} of ${site}`);
  out.note(
    "the list reaches a site with its next license or receipt; until then the site knows nothing of it",
  );
}

function jsonOf({ list, repeated, licenses }: RevokedLicenses): object {
  const { number, issuedAt } = list;
  const named = licenses.map(({ licenseId, site }) => ({ licenseId, site }));
  return { number, issuedAt: isoTime(issuedAt), repeated, licenses: named };
}
