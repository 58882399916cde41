import type { SealingKey, VendorFile } from "./vendor-file.ts";

/**
 * The vendor's key for new segments: the one of this id, or else the one that began last. Where
 * two began together, the one that stands first.
 * @param files vendor files of one root key, at least one.
 */
export function newestSealingKey(files: readonly VendorFile[], wantedId?: string): SealingKey {
  const newestFirst = files
    .flatMap(({ sealingKeys }) => sealingKeys)
    .toSorted((left, right) => right.notBefore - left.notBefore);
  const found = newestFirst.find(({ kid }) => kid === wantedId) ?? newestFirst[0];
  if (found === undefined) throw new TypeError("a vendor file has at least one sealing key");
  return found;
}
