import { utf8 } from "../base/bytes.ts";
import type { SeenHead } from "../bundle/known-ledger.ts";
import { readEvidenceFile } from "../license/evidence-file.ts";
import { openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { ActivationRecord } from "./activations.ts";
import { VendorError } from "./errors.ts";

/**
 * The heads that workstations remember, from what they or their server keep: an evidence file of a
 * workstation, the output of `seatkeeper status --json`, or a head by itself. Each must be signed by
 * the daemon of the ledger: a head that somebody made up gives up nothing.
 * @throws VendorError `SUPERSEDE_EVIDENCE`; LicenseError `EVIDENCE_FIELD` for an evidence file that was changed.
 */
export function headsIn(
  text: string,
  { origin, daemonKey }: Pick<ActivationRecord, "origin" | "daemonKey">,
): readonly SeenHead[] {
  const notes = text.trimStart().startsWith("{") ? rememberedIn(text) : [text];
  // A license is what a workstation knows the ledger by that has seen nothing yet: the vendor has that itself.
  const heads = notes.filter((note) => note.startsWith(`${origin}\n`));
  if (heads.length === 0)
    throw useless("it has no head of this ledger that a workstation remembers");
  try {
    return heads.map((note) => openHead(note, { name: origin, publicKey: daemonKey }));
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw useless("a head in it is not signed by this site's daemon", cause);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw useless("it is not JSON", cause);
  }
}

/** `known` of a workstation's evidence; `shown` of each contradiction in a daemon's status. */
function rememberedIn(text: string): readonly string[] {
  const body = parsed(text);
  if (field(body, "kind") !== undefined) return [readEvidenceFile(utf8(text)).known];
  return listIn(body, "vendors")
    .flatMap((vendor) => listIn(vendor, "contradictions"))
    .flatMap((contradiction) => {
      const shown = field(contradiction, "shown");
      return typeof shown === "string" ? [shown] : [];
    });
}

function listIn(body: unknown, name: string): readonly unknown[] {
  const list = field(body, name);
  return Array.isArray(list) ? list : [];
}

function field(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

function useless(why: string, cause?: unknown): VendorError {
  return new VendorError("SUPERSEDE_EVIDENCE", `the evidence cannot be used: ${why}`, {
    cause,
    hint: "give evidence files of workstations, or the site's seatkeeper status --json",
  });
}
