import type { Renewal } from "../../vendor/renewal.ts";
import type { Output } from "../shared/output.ts";

/** Tells on stderr what the site still owes or has not got. */
export function tellRenewal(renewal: Renewal, out: Output): void {
  const { size, acknowledged, receiptNo, receiptsGiven } = renewal;
  if (acknowledged === 0) out.warn("this site has never reported its usage; ask for a bundle");
  else if (size > acknowledged) {
    out.note(`${size - acknowledged} blocks came after the last bundle that was ingested`);
  }
  if (receiptNo < receiptsGiven) {
    out.note(`the site has not imported receipt ${receiptsGiven} yet; send it again`);
  }
}
