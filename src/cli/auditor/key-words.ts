import { readAuditorKey } from "../../crypto/auditor-key.ts";
import { sealingKeyId } from "../../crypto/key-id.ts";
import type { Output } from "../shared/output.ts";

/** The public half for scripts. */
export function keyJson(publicText: string): { readonly keyId: string; readonly key: string } {
  return { keyId: sealingKeyId(readAuditorKey(publicText)), key: publicText };
}

/** The public half for people, and what becomes of it. */
export function printKey(publicText: string, out: Output): void {
  const { keyId } = keyJson(publicText);
  out.line(`key id    ${keyId}`);
  out.line(`key       ${publicText}`);
  out.note(`hint: the administrator names the key in config.yaml: auditor: { key: ${publicText} }`);
}
