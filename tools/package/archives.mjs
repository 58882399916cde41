// A staged package as files that can be carried: .deb, and .tar.xz with its own install.sh.
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesIn, md5, put, run, settle, sha256, tar } from "./tree.mjs";

/** @typedef {import("./recipes.mjs").Recipe} Recipe @typedef {import("./stage.mjs").Making} Making */

/** @param {Recipe} recipe @param {string} tree @param {Making} making @param {string} target */
export function makeDeb(recipe, tree, making, target) {
  const { work, version, epoch, fast } = making;
  const folder = join(work, recipe.name, "deb");
  // Not links: dpkg-deb would write them as such into the archive.
  cpSync(tree, folder, { recursive: true });
  const files = filesIn(tree);
  const kilobytes = Math.ceil(
    files.reduce((sum, path) => sum + readFileSync(join(tree, path)).length, 0) / 1_024,
  );
  put(
    folder,
    "DEBIAN/control",
    `Package: ${recipe.name}
Version: ${version}
Architecture: amd64
Maintainer: Seatkeeper maintainers <maintainers@seatkeeper.invalid>
Installed-Size: ${kilobytes}
Depends: libc6 (>= ${oldestLibc(tree, recipe.name)}), libstdc++6${recipe.scripts.length > 0 ? ", systemd" : ""}
Section: admin
Priority: optional
Description: ${recipe.summary}
 ${recipe.description}
`,
  );
  put(
    folder,
    "DEBIAN/md5sums",
    files
      .filter((path) => !recipe.conffiles.includes(`/${path}`))
      .map((path) => `${md5(join(tree, path))}  ${path}\n`)
      .join(""),
  );
  if (recipe.conffiles.length > 0)
    put(folder, "DEBIAN/conffiles", recipe.conffiles.map((path) => `${path}\n`).join(""));
  for (const [name, text] of scriptsOf(recipe, making)) put(folder, `DEBIAN/${name}`, text, 0o755);
  settle(folder, epoch);
  const options = ["--root-owner-group", "-Zzstd", `-z${fast ? 1 : 10}`];
  run("dpkg-deb", [...options, "--build", folder, target], { SOURCE_DATE_EPOCH: String(epoch) });
}

/** @param {Recipe} recipe @param {string} tree @param {Making} making @param {string} target */
export function makeTarball(recipe, tree, making, target) {
  const { root, work, version, epoch, fast } = making;
  const folder = join(work, recipe.name, "tar");
  mkdirSync(folder, { recursive: true });
  cpSync(tree, join(folder, "root"), { recursive: true });
  for (const [name, text] of scriptsOf(recipe, making)) put(folder, `scripts/${name}`, text, 0o755);
  for (const name of ["install.sh", "uninstall.sh"]) {
    const text = readFileSync(join(root, "packaging", name), "utf8");
    put(folder, name, filled(text, making).replaceAll("@NAME@", recipe.name), 0o755);
  }
  const sums = filesIn(folder).map((path) => `${sha256(join(folder, path))}  ${path}\n`);
  put(folder, "SHA256SUMS", sums.join(""));
  settle(folder, epoch);
  tar(folder, `${recipe.name}-${version}`, target, fast ? "xz -0 -T1" : "xz -6 -T1", epoch);
}

/** @param {Recipe} recipe @param {Making} making @returns {(readonly [string, string])[]} */
function scriptsOf({ scripts }, making) {
  return scripts.map((name) => {
    const text = readFileSync(join(making.root, "packaging", name), "utf8");
    return /** @type {const} */ ([name, filled(text, making)]);
  });
}

/** @param {string} text @param {Making} making */
const filled = (text, { version, schema }) =>
  text.replaceAll("@VERSION@", version).replaceAll("@SCHEMA@", String(schema));

/** The newest version of the C library that a program or native module of the tree asks for. @param {string} tree @param {string} name */
function oldestLibc(tree, name) {
  const home = join(tree, "usr/lib", name);
  const native = filesIn(home).filter((path) => path === "node" || path.endsWith(".node"));
  const said = native.map((path) => run("objdump", ["-T", join(home, path)])).join("");
  const asked = [...said.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [
    Number(major),
    Number(minor),
  ]);
  const [[major, minor] = [2, 34]] = asked.toSorted(
    ([a = 0, b = 0], [c = 0, d = 0]) => c - a || d - b,
  );
  return `${major}.${minor}`;
}
