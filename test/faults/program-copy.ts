import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** A copy of the built program: nobody builds it anew while it is used. @returns its `dist`. */
export function programCopy(dist: string, folder: string): string {
  const copy = join(folder, "dist");
  cpSync(dist, copy, { recursive: true });
  cpSync(join(dist, "../package.json"), join(folder, "package.json"));
  symlinkSync(join(dist, "../node_modules"), join(folder, "node_modules"));
  return copy;
}
