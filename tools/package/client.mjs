// The client SDK as an npm package of its own that installs without a registry: what it needs is inside.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importGraph } from "./import-graph.mjs";
import { copyPackage, productionPackages, readManifest } from "./production-packages.mjs";
import { sbom } from "./sbom.mjs";
import { integrityOf, json, withoutMap } from "./stage.mjs";
import { put, settle, tar } from "./tree.mjs";

/** @param {import("./stage.mjs").Making} making @param {string} target */
export function makeClient({ root, work, version, epoch }, target) {
  const folder = join(work, "client");
  mkdirSync(folder, { recursive: true });
  const build = join(root, "dist");
  const graph = importGraph(build, ["client/index.js"]);
  const types = importGraph(build, ["client/index.d.ts"], "d.ts");
  for (const path of [...graph.files, ...types.files])
    put(folder, `dist/${path}`, withoutMap(readFileSync(join(build, path))));
  const packages = productionPackages(root, graph.packages);
  for (const one of packages) copyPackage(one, join(folder, one.place));
  const { license, engines } = readManifest(root);
  const needed = packages.filter(({ name }) => graph.packages.includes(name));
  put(
    folder,
    "package.json",
    json({
      // The name by which programs import it, from a clone as from here.
      name: "seatkeeper",
      version,
      description: "Client of Seatkeeper: floating seats and metered usage for an application",
      license,
      type: "module",
      engines,
      exports: {
        "./client": { types: "./dist/client/index.d.ts", default: "./dist/client/index.js" },
      },
      dependencies: Object.fromEntries(needed.map((one) => [one.name, one.version])),
      bundleDependencies: needed.map(({ name }) => name),
    }),
  );
  put(folder, "README.md", readFileSync(join(root, "docs/CLIENT.md")));
  put(folder, "LICENSE", readFileSync(join(root, "LICENSE")));
  const name = "seatkeeper-client";
  const integrity = integrityOf(root);
  put(
    folder,
    "sbom.cdx.json",
    json(sbom({ name, version, epoch, packages, integrity, node: undefined })),
  );
  settle(folder, epoch);
  tar(folder, "package", target, "gzip -9 -n", epoch);
}
