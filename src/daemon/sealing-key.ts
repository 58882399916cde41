import type { VendorFile } from "../license/vendor-file.ts";

/** The vendor's key for new segments: the one of this id, or else the newest in the vendor file. */
export function newestSealingKey(vendor: VendorFile, wantedId?: string): Uint8Array {
  const newestFirst = vendor.sealingKeys.toSorted(
    (left, right) => right.notBefore - left.notBefore,
  );
  const found = newestFirst.find(({ kid }) => kid === wantedId) ?? newestFirst[0];
  if (found === undefined) throw new TypeError("a vendor file has at least one sealing key");
  return found.key;
}
