// Everything that a site, a vendor and an application install, in dist-packages/. The same sources,
// node_modules and Node give the same bytes: times come from SOURCE_DATE_EPOCH, or from the commit.
//
//   npm run package                       everything
//   npm run package -- --only deb,client  some of: deb, tar, client
//   npm run package -- --fast             packed loosely, for trying
//   npm run package -- --package seatkeeper   without the vendor's
//   npm run package -- --out FOLDER
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeDeb, makeTarball } from "./archives.mjs";
import { makeClient } from "./client.mjs";
import { readManifest } from "./production-packages.mjs";
import { RECIPES } from "./recipes.mjs";
import { stage } from "./stage.mjs";
import { filesIn, sha256 } from "./tree.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const KINDS = ["deb", "tar", "client"];

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(root, "dist-packages") },
    only: { type: "string", default: KINDS.join(",") },
    package: { type: "string" },
    version: { type: "string" },
    fast: { type: "boolean", default: false },
  },
});
const kinds = values.only.split(",");
const strange = kinds.filter((kind) => !KINDS.includes(kind));
if (strange.length > 0) {
  console.error(
    `package: error: --only cannot be ${strange.join(", ")}: choose of ${KINDS.join(", ")}`,
  );
  process.exit(2);
}
if (process.platform !== "linux" || process.arch !== "x64") {
  console.error(
    `package: error: packages are for linux on amd64; this is ${process.platform} on ${process.arch}`,
  );
  process.exit(1);
}

const out = resolve(values.out);
const work = mkdtempSync(join(tmpdir(), "seatkeeper-package-"));
try {
  await makeAll();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function makeAll() {
  const { MIGRATIONS } = /** @type {typeof import("../../src/store/schema.ts")} */ (
    await import(join(root, "dist/store/schema.js"))
  );
  const making = {
    root,
    work,
    version: values.version ?? readManifest(root).version,
    schema: MIGRATIONS.length,
    epoch: epoch(),
    fast: values.fast,
  };
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const asked = RECIPES.filter(({ name }) => name === (values.package ?? name));
  for (const recipe of kinds.some((kind) => kind !== "client") ? asked : []) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, for the disk's sake
    const tree = await stage(recipe, making);
    const name = `${recipe.name}_${making.version}_amd64`;
    if (kinds.includes("deb")) makeDeb(recipe, tree, making, join(out, `${name}.deb`));
    if (kinds.includes("tar")) makeTarball(recipe, tree, making, join(out, `${name}.tar.xz`));
  }
  if (kinds.includes("client"))
    makeClient(making, join(out, `seatkeeper-client-${making.version}.tgz`));
  const sums = filesIn(out).map((path) => `${sha256(join(out, path))}  ${path}\n`);
  writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
  process.stdout.write(sums.join(""));
}

/** Seconds since 1970: reproducible-builds.org/specs/source-date-epoch, or the newest commit's. */
function epoch() {
  const told = process.env["SOURCE_DATE_EPOCH"];
  if (told !== undefined && /^\d+$/.test(told)) return Number(told);
  const { stdout } = spawnSync("git", ["-C", root, "log", "-1", "--format=%ct"], {
    encoding: "utf8",
  });
  return Number(stdout.trim()) || 1_767_225_600;
}
