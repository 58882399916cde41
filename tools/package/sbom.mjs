// What is inside, as CycloneDX 1.5 JSON: for who has to know before the vulnerability does.
import { createHash } from "node:crypto";

/**
 * @param {object} of
 * @param {string} of.name of the package that is made
 * @param {string} of.version
 * @param {number} of.epoch seconds since 1970
 * @param {readonly import("./production-packages.mjs").InstalledPackage[]} of.packages
 * @param {Readonly<Record<string, string>>} of.integrity digests of npm by place, as `sha512-…` in base64
 * @param {{ version: string, sha256: string, parts: Readonly<Record<string, string | undefined>> } | undefined} of.node
 */
export function sbom({ name, version, epoch, packages, integrity, node }) {
  const components = [
    ...(node === undefined ? [] : [nodeComponent(node)]),
    ...packages.map((one) => npmComponent(one, integrity[one.place])),
  ];
  const body = {
    metadata: {
      timestamp: new Date(epoch * 1_000).toISOString(),
      component: { type: "application", "bom-ref": name, name, version, licenses: [APACHE] },
    },
    components,
    dependencies: [
      { ref: name, dependsOn: components.map((component) => component["bom-ref"]).toSorted() },
    ],
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    // Of the content, so that the same package has the same number.
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
    ...body,
  };
}

const APACHE = { license: { id: "Apache-2.0" } };

/** @param {import("./production-packages.mjs").InstalledPackage} one @param {string | undefined} digest */
function npmComponent({ name, version, license }, digest) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [, base64] = /^sha512-(.+)$/.exec(digest ?? "") ?? [];
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }],
    ...(base64 === undefined
      ? {}
      : { hashes: [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }] }),
  };
}

/** @param {{ version: string, sha256: string, parts: Readonly<Record<string, string | undefined>> }} node */
function nodeComponent({ version, sha256, parts }) {
  return {
    type: "application",
    "bom-ref": `pkg:generic/node@${version}`,
    name: "node",
    version,
    purl: `pkg:generic/node@${version}`,
    hashes: [{ alg: "SHA-256", content: sha256 }],
    // What is linked into it: whose advisories count here too.
    components: [
      "openssl",
      "v8",
      "uv",
      "zlib",
      "llhttp",
      "nghttp2",
      "ares",
      "icu",
      "brotli",
    ].flatMap((part) => {
      const its = parts[part];
      return its === undefined ? [] : [{ type: "library", name: part, version: its }];
    }),
  };
}

/** A UUID (RFC 9562, version 8) of the bytes. @param {string} text */
function uuidOf(text) {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
