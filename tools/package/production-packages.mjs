// The npm packages that run on the customer's machine: those that are named, with what they need.
import { cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/**
 * @typedef {object} InstalledPackage
 * @property {string} name as in its package.json
 * @property {string} version the same
 * @property {string} license SPDX
 * @property {string} folder where it is installed
 * @property {string} place the same below the project, as in `node_modules/ws`
 */

/** Needed to install a package, and never again. */
const INSTALLERS = new Set(["prebuild-install"]);

/**
 * @param {string} root of the project
 * @param {readonly string[]} names
 * @returns {InstalledPackage[]} sorted by place
 */
export function productionPackages(root, names) {
  /** @type {Map<string, InstalledPackage>} */
  const found = new Map();
  const waiting = names.map((name) => ({ name, from: root }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const folder = installed(next.name, next.from, root);
    const place = relative(root, folder);
    if (found.has(place)) continue;
    const { name, version, license, dependencies } = readManifest(folder);
    found.set(place, { name, version, license, folder, place });
    for (const needed of Object.keys(dependencies ?? {}))
      if (!INSTALLERS.has(needed)) waiting.push({ name: needed, from: folder });
  }
  return [...found.values()].toSorted((one, other) => (one.place < other.place ? -1 : 1));
}

/**
 * @typedef {object} Manifest what is used of a package.json
 * @property {string} name as it is published
 * @property {string} version the same
 * @property {string} license SPDX
 * @property {Readonly<Record<string, string>> | undefined} dependencies versions by name
 * @property {Readonly<Record<string, string>>} engines the same
 */

/** @param {string} folder @returns {Manifest} */
export const readManifest = (folder) =>
  /** @type {Manifest} */ (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));

/** Where Node would find it: in the nearest node_modules upwards. @param {string} name @param {string} from @param {string} root */
function installed(name, from, root) {
  for (let at = from; at.startsWith(root); at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  throw new Error(
    `${name}, needed by ${relative(root, from)}, is not installed: run npm run setup`,
  );
}

/** Folders and files of a package that no program reads when it runs. */
const NOT_RUN =
  /^(?:test|tests|docs?|bench|benchmarks?|examples?|browser|scripts|deps|coverage|types|\.github|node_modules)$/;
const NOT_RUN_FILE =
  /\.(?:[cm]?ts|map|flow|md|markdown|gypi?|ya?ml|tsbuildinfo|sh|html|ico|c|cpp|hpp|h|lzz)$|^(?:\.[^/]*|CNAME)$/i;
const KEPT_FILE = /^(?:licen[cs]e|copying|notice)/i;

/** Of what better-sqlite3 has compiled, all that is loaded. */
const COMPILED = "build/Release/better_sqlite3.node";

/** Copies what runs of it, license included. @param {InstalledPackage} one @param {string} target */
export function copyPackage({ name, folder }, target) {
  cpSync(folder, target, {
    recursive: true,
    filter(source) {
      const path = relative(folder, source);
      if (name === "better-sqlite3" && path.startsWith("build"))
        return COMPILED === path || COMPILED.startsWith(`${path}/`);
      const last = basename(source);
      if (path === "" || KEPT_FILE.test(last)) return true;
      // Only at the top: yaml has its documents in dist/doc.
      return statSync(source).isDirectory() ? !NOT_RUN.test(path) : !NOT_RUN_FILE.test(last);
    },
  });
}
