import type { SucceededLedger } from "../../vendor/succession.ts";
import type { Output } from "../shared/output.ts";

/** Tells on stderr that a request is for a ledger that takes the place of another. */
export function tellSuccession(
  { chainId, size, acknowledged, isSameSite, earlier }: SucceededLedger,
  out: Output,
): void {
  out.warn(`this ledger succeeds ${chainId}, which had ${size} blocks: the site was restored`);
  if (acknowledged === undefined) {
    out.warn("no activation of that ledger is on record here: ask the site where it comes from");
    return;
  }
  if (!isSameSite) {
    out.warn("that ledger is another daemon's, which has the say about its end: ask both sites");
    return;
  }
  if (acknowledged < size) {
    out.note(
      `${acknowledged} blocks of it are acknowledged: have the site send the usage.skb that restore wrote, and ingest it`,
    );
  } else {
    out.note(`${acknowledged} blocks of it are acknowledged: nothing of it is left to ingest`);
  }
  for (const { kind, name, amount } of earlier?.holdings ?? []) {
    const things = amount === 1 ? kind : `${kind}s`;
    out.note(`the former ledger's licenses gave ${amount} ${things} of ${name}`);
  }
}
