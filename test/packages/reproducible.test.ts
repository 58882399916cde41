import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/leftovers.ts";
import { makePackages } from "./built-packages.ts";

const amd64 = process.platform === "linux" && process.arch === "x64";
const VERSION = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  }
).version;

/** What a package contains, one path a line. */
const contents = (archive: string): string =>
  archive.endsWith(".deb")
    ? execFileSync("dpkg-deb", ["--contents", archive], { encoding: "utf8" })
    : execFileSync("tar", ["--list", "--file", archive], { encoding: "utf8" });

interface Bom {
  readonly components: readonly { readonly name: string; readonly hashes?: readonly unknown[] }[];
}

describe.skipIf(!amd64)("npm run package", { timeout: 300_000 }, () => {
  let out: string;
  let sums: string;
  beforeAll(() => {
    out = temporaryFolder();
    sums = makePackages(out, "--only", "deb,client");
  }, 300_000);
  const file = (name: string): string => join(out, name);

  it("gives the same bytes for the same sources, in another folder at another time", () => {
    expect(makePackages(temporaryFolder(), "--only", "deb,client")).toBe(sums);
    expect(sums.split("\n")).toHaveLength(4);
    expect(readFileSync(file("SHA256SUMS"), "utf8")).toBe(sums);
  });

  it("keeps the vendor's code out of what a customer installs, and the daemon's out of the vendor's", () => {
    expect(contents(file(`seatkeeper_${VERSION}_amd64.deb`))).not.toMatch(
      /dist\/(?:cli\/)?vendor\//,
    );
    expect(contents(file(`seatkeeper-vendor_${VERSION}_amd64.deb`))).not.toMatch(
      /dist\/(?:daemon|seats|store)\//,
    );
  });

  it("fetches nothing in any script of a package", () => {
    const folder = temporaryFolder();
    execFileSync("dpkg-deb", ["--control", file(`seatkeeper_${VERSION}_amd64.deb`), folder]);
    const scripts = ["preinst", "postinst", "prerm", "postrm"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    expect(scripts.join("")).not.toMatch(
      /\b(?:curl|wget|apt|apt-get|npm|yum|dnf|https?:\/\/(?!www\.sqlite\.org))\b/,
    );
  });

  it("lists all that is inside in the bill of materials, with digests", () => {
    const folder = temporaryFolder();
    const deb = file(`seatkeeper_${VERSION}_amd64.deb`);
    execFileSync("dpkg-deb", ["--extract", deb, folder]);
    const bom = JSON.parse(
      readFileSync(join(folder, "usr/share/doc/seatkeeper/sbom.cdx.json"), "utf8"),
    ) as Bom;
    const inside = [
      ...contents(deb).matchAll(/node_modules\/((?:@[^/]+\/)?[^/\s]+)\/package\.json$/gm),
    ];
    expect(new Set(bom.components.map(({ name }) => name))).toEqual(
      new Set(["node", ...inside.map(([, name]) => name)]),
    );
    expect(bom.components.filter(({ hashes }) => hashes === undefined)).toEqual([]);
  });

  it("makes a client that installs without a registry, with ws, noble and the reader of messages inside", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const tarball = file(`seatkeeper-client-${VERSION}.tgz`);
    mkdirSync(join(folder, "cache"));
    const offline = ["--offline", "--no-audit", "--no-fund", "--cache", join(folder, "cache")];
    execFileSync("npm", ["install", ...offline, tarball], { cwd: folder });
    const inside = [
      ...contents(tarball).matchAll(/node_modules\/((?:@[^/]+\/)?[^/\s@]+)\/package\.json$/gm),
    ];
    expect(new Set(inside.map(([, name]) => name))).toEqual(
      new Set(["@noble/hashes", "ws", "zod"]),
    );
    const program =
      'import { connect, CLIENT_CODES } from "seatkeeper/client"; console.log(typeof connect, CLIENT_CODES.length > 5);';
    const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(said).toBe("function true\n");
  });
});
