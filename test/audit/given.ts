import { audit } from "../../src/audit/audit.ts";
import type { AuditInput } from "../../src/audit/audit-input.ts";
import type { AuditedBlock, AuditReport } from "../../src/audit/audit-report.ts";
import { toHex } from "../../src/base/bytes.ts";
import { blockLeaf } from "../../src/ledger/block.ts";
import { keyId } from "../../src/ledger/keys.ts";
import { auditorKey, auditorSecret, sealingKey } from "../bundle/given.ts";
import { Site } from "../bundle/site.ts";
import { sourceOf } from "../bundle/vendor.ts";

export const auditor: string = toHex(keyId(auditorKey));
export const vendorKid: string = toHex(keyId(sealingKey));

/** A site that has had an auditor from its first block on. */
export const auditedSite = (): Site => Site.activate("site", undefined, undefined, [auditorKey]);

/** What `seatkeeper-audit show` shows of a file. */
export function shown(
  bytes: Uint8Array,
  input: AuditInput = {},
): { readonly report: AuditReport; readonly blocks: readonly AuditedBlock[] } {
  const blocks: AuditedBlock[] = [];
  const visitor = (block: AuditedBlock): void => void blocks.push(block);
  const report = audit(sourceOf(bytes), { secret: auditorSecret, visitor, ...input });
  return { report, blocks };
}

/** What the site's license says of its ledger. */
export const licenseOf = ({ activation }: Site): NonNullable<AuditInput["license"]> => ({
  chainId: activation.chainId,
  origin: activation.origin,
  daemonKey: activation.daemonKey,
  genesisLeaf: blockLeaf(activation.genesisBlock),
});

export const codesIn = ({ problems }: AuditReport): readonly string[] =>
  problems.map(({ code }) => code);
