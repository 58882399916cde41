import { readFileSync } from "node:fs";

/** The program as it names itself to vendors, clients and in the ledger. */
export const PRODUCT: { readonly name: string; readonly version: string } = {
  name: "seatkeeper",
  version: packageVersion(),
};

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) return "0.0.0";
  return typeof manifest.version === "string" ? manifest.version : "0.0.0";
}
