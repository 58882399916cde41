import type { DaemonKeyStanding, SucceededLedger } from "../../vendor/succession.ts";
import type { Output } from "../shared/output.ts";

/** Tells on stderr that a request is for a ledger that takes the place of another. */
export function tellSuccession(
  { chainId, size, acknowledged, daemonKey, earlier }: SucceededLedger,
  out: Output,
): void {
  out.warn(`this ledger succeeds ${chainId}, which had ${size} blocks: ${REASONS[daemonKey]}`);
  if (acknowledged === undefined) {
    out.warn("no activation of that ledger is on record here: ask the site where it comes from");
    return;
  }
  if (daemonKey === "another") {
    out.warn("that ledger is another daemon's, which has the say about its end: ask both sites");
    out.note("if they are one site that has lost its key, issue again with --same-site");
    return;
  }
  if (daemonKey !== "same") {
    out.note(
      "was the former key stolen? then revoke the former ledger's licenses, and issue this one after that",
    );
  }
  if (acknowledged < size) {
    out.note(
      `${acknowledged} blocks of it are acknowledged: have the site send its usage.skb, and ingest it`,
    );
  } else {
    out.note(`${acknowledged} blocks of it are acknowledged: nothing of it is left to ingest`);
  }
  for (const { kind, name, amount } of earlier?.holdings ?? []) {
    const things = amount === 1 ? kind : `${kind}s`;
    out.note(`the former ledger's licenses gave ${amount} ${things} of ${name}`);
  }
}

const REASONS: Readonly<Record<DaemonKeyStanding, string>> = {
  same: "the site was restored, or that ledger could not go on",
  certified: "the site has a new daemon key, which the former one certifies",
  "by-the-vendor": "the site has a new daemon key, and you say that it is the same site",
  another: "nothing but its own word says so",
};
