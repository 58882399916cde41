import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAKE = fileURLToPath(new URL("../../tools/package/main.mjs", import.meta.url));

/** Makes packages, loosely packed, in `folder`. @returns their names and digests, as SHA256SUMS has them. */
export function makePackages(folder: string, ...more: readonly string[]): string {
  const args = [MAKE, "--fast", "--out", folder, ...more];
  const env = { ...process.env, SOURCE_DATE_EPOCH: "1767225600" };
  return execFileSync(process.execPath, args, { encoding: "utf8", env });
}
