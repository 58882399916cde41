import type { Framing } from "../bundle/framing.ts";
import type { Head } from "../note/checkpoint.ts";
import type { AuditInput } from "./audit-input.ts";
import type { AuditReport } from "./audit-report.ts";
import type { AuditWalk } from "./audit-walk.ts";

/** All that the words about an audit are made from. */
export interface AuditParts {
  readonly kind: AuditReport["kind"];
  readonly input: AuditInput;
  readonly walk: AuditWalk;
  /** Undefined for a ledger file or archive, and for a bundle that could not be read. */
  readonly framing: Framing | undefined;
  readonly head: Head | undefined;
}

/** What was looked at, with how much it covered. */
export function checksOf({ kind, input, walk, framing, head }: AuditParts): readonly string[] {
  const { blocks, links, segments, wraps, opened, checkpoints } = walk.counts;
  const isRead = kind === "bundle" ? framing !== undefined : blocks > 0;
  const frame = kind === "ledger" ? "framing" : "closing hash and framing";
  if (!isRead) return [`${frame}, which is not in order`];
  return [
    `${frame} of ${several(blocks, "block")}`,
    `hash chain: ${several(links, "link")}`,
    ...(walk.root && kind !== "ledger" ? ["root, recomputed and compared"] : []),
    ...(walk.root && kind === "ledger" ? ["root, recomputed"] : []),
    ...(head ? [`signature of the head, by the key ${signerOf(input)}`] : []),
    ...(input.license ? ["ledger and first block against the license"] : []),
    `recipient lists of ${several(segments, "segment")}`,
    ...(input.secret ? [`read commitments of ${several(wraps, "segment")}`] : []),
    ...(input.secret
      ? [
          `contents of ${several(opened, "block")}: cipher, synthetic IV, form, entries under blinds`,
        ]
      : []),
    ...(opened > 0
      ? [`event ids of ${several(checkpoints, "checkpoint")}, up to ${walk.events.newest}`]
      : []),
  ];
}

/** What was not: because nobody but the vendor can, or because this file or these options do not allow it. */
export function uncheckedBy({ kind, input, walk, framing, head }: AuditParts): readonly string[] {
  const { blocks, archived, opened, segments } = walk.counts;
  if (kind === "bundle" && !framing) return ["everything else: the file was not read on"];
  const sealed = blocks - opened;
  return [
    `tags of ${several(blocks, "block")}, hand-offs and self tags of ${several(segments, "segment")}: only the vendor has their keys`,
    ...(kind === "bundle"
      ? ["tip, which proves where the ledger ends: only the vendor has its key"]
      : []),
    ...(sealed > 0 ? [`contents of ${several(sealed, "block")}, ${whySealed(input)}`] : []),
    ...(archived > 0
      ? [`contents of ${several(archived, "block")} in archives, of which the leaf hashes are here`]
      : []),
    ...(kind === "bundle" && !walk.root
      ? ["root: the file does not hold the ledger from its first block on"]
      : []),
    ...(kind === "bundle" && !head && !input.license && !walk.genesis
      ? ["signature of the head: block 0, which names the key, was not opened; name the license"]
      : []),
    ...(kind === "ledger" ? ["signature of a head: a ledger file has none"] : []),
    ...(kind === "archive"
      ? [
          "whether the ledger had these blocks: seatkeeper ledger verify --archive says it at the site",
        ]
      : []),
    ...(input.license ? [] : ["whether this is the licensed ledger: no license was named"]),
  ];
}

/** `1 link`, `2 links`. */
const several = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? "" : "s"}`;

const signerOf = ({ license }: AuditInput): string =>
  license ? "in the license" : "that block 0 names";

const whySealed = ({ secret }: AuditInput): string =>
  secret ? "under keys this auditor was not given" : "which take an auditor's key";
