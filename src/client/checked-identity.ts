import { hostname, userInfo } from "node:os";
import { fromBase64Url } from "../base/bytes.ts";
import { VENDOR_NAME } from "../license/fields.ts";
import { LABEL_LENGTH } from "../protocol/limits.ts";
import { decodeLabels, type Labels } from "../protocol/requests.ts";
import { badOption, demandOptions } from "./option-error.ts";
import type { Identity } from "./session.ts";

interface GivenLabels {
  readonly user?: string;
  readonly host?: string;
  readonly display?: string;
}

type GivenTexts = {
  readonly [option in (typeof TEXTS)[number]]?: unknown;
};

const TEXTS = ["dataDir", "keyFile", "hostId", "tokenFile"] as const;

/** The vendor that an application trusts. @throws ClientError CLIENT_OPTION. */
export function vendorOf(vendor: unknown): Identity["vendor"] {
  if (typeof vendor !== "object" || vendor === null) {
    const rule = "must be an object: { name, rootKey }";
    throw badOption("vendor", rule, "compile in the name and the root key of the vendor");
  }
  const { name, rootKey } = vendor as { readonly name?: unknown; readonly rootKey?: unknown };
  if (typeof name !== "string" || !VENDOR_NAME.test(name)) {
    const rule = "must be the name of the vendor, as its licenses have it";
    throw badOption("vendor.name", rule, "write it as in acme.example");
  }
  return { name, rootKey: keyBytes(rootKey) };
}

/** Who sits there: the names of the operating system where there are none. @throws ClientError CLIENT_OPTION. */
export function labelsOf(labels: GivenLabels = {}): Labels {
  demandOptions(labels, "labels: { user, host, display }, each as needed");
  const { user = loginName(), host = hostname(), display } = labels;
  const all = { user, host, ...(display === undefined ? {} : { display }) };
  for (const [label, text] of Object.entries(all)) demandLabel(`labels.${label}`, text);
  return decodeLabels(all);
}

/** What names files, folders and this computer is text, or left out. @throws ClientError CLIENT_OPTION. */
export function demandTexts(options: GivenTexts): void {
  for (const option of TEXTS) {
    const value = options[option];
    if (value === undefined || (typeof value === "string" && value !== "")) continue;
    throw badOption(option, "must be text that is not empty", "leave it out for the usual one");
  }
}

function demandLabel(option: string, text: unknown): void {
  if (typeof text === "string" && text.length > 0 && text.length <= LABEL_LENGTH) return;
  const rule = `must be text of 1 to ${LABEL_LENGTH} characters`;
  throw badOption(option, rule, "write a name that is short enough for a report");
}

/** A user id without an entry in the user database has no name: usual in containers. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

function keyBytes(key: unknown): Uint8Array {
  const bytes = typeof key === "string" ? bytesOf(key) : key;
  if (bytes instanceof Uint8Array && bytes.length === 32) return bytes;
  const rule = "must be 32 bytes, or the 43 characters of their base64url";
  throw badOption("vendor.rootKey", rule, "compile in the root key that your vendor keys have");
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return fromBase64Url(text);
  } catch {
    return undefined;
  }
}
