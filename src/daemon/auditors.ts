import { sealingKeyId } from "../crypto/key-id.ts";
import type { AdminAuditor } from "../protocol/admin/status.ts";
import type { DeskCore } from "./desk-core.ts";

/** Who reads one vendor's ledger beside the vendor, and who was named to. */
export function auditorsOf({
  writer,
  shelf,
  auditor,
}: Pick<DeskCore, "writer" | "shelf" | "auditor">): readonly AdminAuditor[] {
  const named = auditor.key && sealingKeyId(auditor.key);
  const isAllowed = shelf.entitlement.auditorAllowed;
  const present = writer.readers.current.map((keyId): AdminAuditor => {
    return { keyId, state: isAllowed && keyId === named ? "reads" : "leaving" };
  });
  if (named === undefined || writer.readers.current.includes(named)) return present;
  return [...present, { keyId: named, state: isAllowed ? "next" : "not-allowed" }];
}
