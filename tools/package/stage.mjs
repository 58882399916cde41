// The files of a package as they will lie on the machine, below a folder.
import { cpSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { importGraph } from "./import-graph.mjs";
import { copyPackage, productionPackages } from "./production-packages.mjs";
import { sbom } from "./sbom.mjs";
import { put, run, settle, sha256 } from "./tree.mjs";

/**
 * @typedef {object} Making
 * @property {string} root of the project
 * @property {string} work a folder to work in
 * @property {string} version of what is made
 * @property {number} schema steps of the database's schema
 * @property {number} epoch seconds since 1970: the only time in what is made
 * @property {boolean} fast packs loosely, for trying
 */

/** @param {import("./recipes.mjs").Recipe} recipe @param {Making} making @returns {Promise<string>} the folder */
export async function stage(recipe, making) {
  const { root, work, version, epoch } = making;
  const { name } = recipe;
  const tree = join(work, name, "root");
  const home = `usr/lib/${name}`;
  mkdirSync(join(tree, home), { recursive: true });

  run("strip", ["-o", join(tree, home, "node"), process.execPath]);
  put(tree, `${home}/package.json`, json({ name, version, type: "module" }));
  const build = join(root, "dist");
  const graph = importGraph(build, [...Object.values(recipe.programs), ...recipe.entries]);
  for (const path of graph.files)
    put(tree, `${home}/dist/${path}`, withoutMap(readFileSync(join(build, path))));
  const packages = productionPackages(root, graph.packages);
  for (const one of packages) copyPackage(one, join(tree, home, one.place));
  run("strip", [join(tree, home, "node_modules/better-sqlite3/build/Release/better_sqlite3.node")]);

  for (const [program, entry] of Object.entries(recipe.programs))
    put(tree, `usr/bin/${program}`, launcher(`/${home}`, entry), 0o755);
  for (const [target, source] of Object.entries(recipe.files))
    put(tree, target, readFileSync(join(root, source)));
  await putManual(tree, recipe, making);
  putCompletion(tree, recipe, root);
  putDocs(tree, recipe, root);
  const bom = sbom({
    name,
    version,
    epoch,
    packages,
    integrity: integrityOf(root),
    node: {
      version: process.versions.node,
      sha256: sha256(join(tree, home, "node")),
      parts: process.versions,
    },
  });
  put(tree, `usr/share/doc/${name}/sbom.cdx.json`, json(bom));
  settle(tree, epoch);
  return tree;
}

/** The process stays the one that was started: systemd counts on it. @param {string} home @param {string} entry */
const launcher = (home, entry) => `#!/bin/sh
exec ${home}/node ${home}/dist/${entry} "$@"
`;

/** @param {string} tree @param {import("./recipes.mjs").Recipe} recipe @param {Making} making */
async function putManual(tree, { programs, manual }, { root, version, epoch }) {
  const { manPage } = /** @type {typeof import("../../src/cli/shared/man-page.ts")} */ (
    await import(module(root, "cli/shared/man-page.js"))
  );
  const date = new Date(epoch * 1_000).toISOString().slice(0, 10);
  for (const [program, entry] of Object.entries(programs)) {
    // oxlint-disable-next-line no-await-in-loop -- there are three
    const { PROGRAM } = /** @type {typeof import("../../src/cli/operator/program.ts")} */ (
      // oxlint-disable-next-line no-await-in-loop -- the same
      await import(module(root, entry.replace("main.js", "program.js")))
    );
    // oxlint-disable-next-line no-await-in-loop -- the same
    const page = await manPage(PROGRAM, { date, version }, manual[program]);
    put(tree, `usr/share/man/man1/${program}.1.gz`, gzipSync(page, { level: 9 }));
  }
}

/** @param {string} root @param {string} path */
const module = (root, path) => pathToFileURL(join(root, "dist", path)).href;

/** @param {string} tree @param {import("./recipes.mjs").Recipe} recipe @param {string} root */
function putCompletion(tree, { programs }, root) {
  for (const [program, entry] of Object.entries(programs)) {
    const said = (/** @type {string} */ shell) =>
      run(process.execPath, [join(root, "dist", entry), "completion"], { SHELL: shell });
    put(tree, `usr/share/bash-completion/completions/${program}`, said("/bin/bash"));
    put(tree, `usr/share/zsh/vendor-completions/_${program}`, said("/bin/zsh"));
  }
}

/** @param {string} tree @param {import("./recipes.mjs").Recipe} recipe @param {string} root */
function putDocs(tree, { name, docs }, root) {
  const target = `usr/share/doc/${name}`;
  for (const source of docs) {
    const isFolder = statSync(join(root, source)).isDirectory();
    if (isFolder) cpSync(join(root, source), join(tree, target, source), { recursive: true });
    else put(tree, join(target, source), readFileSync(join(root, source)));
  }
  put(
    tree,
    `${target}/copyright`,
    `Seatkeeper is licensed under the Apache License 2.0, below. The packages inside, and Node, have
licenses of their own: see sbom.cdx.json, and the LICENSE files under /usr/lib/${name}/node_modules.

${readFileSync(join(root, "LICENSE"), "utf8")}`,
  );
}

/** Digests of npm by place. @param {string} root @returns {Record<string, string>} */
export function integrityOf(root) {
  const { packages } =
    /** @type {{ packages: Readonly<Record<string, { integrity?: string }>> }} */ (
      JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"))
    );
  /** @type {Record<string, string>} */
  const found = {};
  for (const [place, { integrity }] of Object.entries(packages))
    if (typeof integrity === "string") found[place] = integrity;
  return found;
}

/** Source maps stay at home. @param {Buffer} bytes */
export function withoutMap(bytes) {
  const text = bytes.toString("latin1");
  return Buffer.from(text.replace(/^\/\/# sourceMappingURL=.*\n?/m, ""), "latin1");
}

/** @param {unknown} value */
export const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
