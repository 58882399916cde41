// Which modules of a build its entry points reach, and which packages they name. The build is our own
// compiler's output, whose imports are regular; what is started as a program of its own is an entry.
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

/**
 * @param {string} folder
 * @param {readonly string[]} entries relative to the folder
 * @param {"js" | "d.ts"} [kind] what runs, or what a compiler reads
 * @returns {{ files: string[], packages: string[] }} sorted
 */
export function importGraph(folder, entries, kind = "js") {
  /** @type {Set<string>} */
  const files = new Set();
  /** @type {Set<string>} */
  const packages = new Set();
  const waiting = entries.map((entry) => resolve(folder, entry));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    if (path.endsWith(".node")) continue;
    for (const [, from, dynamic, required] of readFileSync(path, "utf8").matchAll(IMPORT)) {
      const name = from ?? dynamic ?? required ?? "";
      if (!name.startsWith(".")) {
        if (!name.startsWith("node:")) packages.add(packageName(name));
        continue;
      }
      const target = resolve(dirname(path), name);
      waiting.push(kind === "js" ? target : target.replace(/\.[jt]s$/, ".d.ts"));
    }
  }
  return {
    files: [...files].map((path) => relative(folder, path)).toSorted(),
    packages: [...packages].toSorted(),
  };
}

/** `import … from "x"`, `export … from "x"`, `import "x"`; `import("x")`; a native module. */
const IMPORT =
  /^(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|\)\(["'](\.[^"']+\.node)["']\)/gm;

/** @param {string} specifier */
const packageName = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
