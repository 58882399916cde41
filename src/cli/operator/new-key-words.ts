import type { ReplacedSiteKey } from "../../daemon/replace-site-key.ts";
import type { Output } from "../shared/output.ts";
import { counted } from "./words.ts";

/** Tells that the site has another daemon key, and which ledgers ended with the former one. */
export function tellNewKey({ isCertified, ledgers, tokens }: ReplacedSiteKey, out: Output): void {
  out.line(`key       a new one${isCertified ? ", certified by the former one" : ""}`);
  for (const { vendor, chainId, former, usage } of ledgers) {
    out.line(`vendor    ${vendor}`);
    out.line(`  former  ${former.chainId}, ${counted(former.size, "block")}`);
    out.line(`  ledger  ${chainId}, a new one`);
    out.line(`  usage   ${usage}`);
  }
  if (!isCertified) {
    out.warn("the former key is gone and cannot certify this one: tell the vendor by another way");
    out.warn("with it the pseudonyms are gone: write lists of named users anew");
  }
  if (tokens > 0) {
    out.warn(`${counted(tokens, "enrolment token")} of the former key revoked: make new ones`);
  }
  if (ledgers.length > 1) {
    out.note("each vendor needs a request of its own: seatkeeper license request --vendor NAME");
  }
  out.note("no seats are granted yet: a license names the daemon key that it was issued for");
}
