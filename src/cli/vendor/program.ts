import type { Program } from "../shared/program.ts";
import { COMMANDS } from "./commands.ts";

/** `seatkeeper-vendor`. */
export const PROGRAM: Program = {
  name: "seatkeeper-vendor",
  summary: "The vendor's desk: licenses out, usage in, without a network to the customer.",
  commands: COMMANDS,
  examples: [
    ["init --name acme.example --dir vendor", "make a vendor"],
    ["issue --request site.skreq --terms terms.yaml --out site.sklic", "license a site"],
    ["ingest usage.skb", "count what a site has used, and write the receipt"],
    ["report --by month", "what to bill"],
  ],
  epilogue: "the passphrase is asked for, or read with --passphrase-file or --passphrase-fd",
};
