import { readFileSync } from "node:fs";

/** The version in the package's own package.json, three folders up from source and build alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) return "0.0.0";
  return typeof manifest.version === "string" ? manifest.version : "0.0.0";
}
