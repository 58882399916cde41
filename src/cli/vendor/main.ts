#!/usr/bin/env node
import { main } from "../shared/program.ts";
import { ingest } from "./ingest.ts";
import { init } from "./init.ts";
import { issue } from "./issue.ts";
import { passphrase } from "./passphrase.ts";
import { report } from "./report.ts";
import { sites } from "./sites.ts";
import { terms } from "./terms.ts";

await main({
  name: "seatkeeper-vendor",
  summary: "The vendor's desk: licenses out, usage in, without a network to the customer.",
  commands: [init, terms, issue, ingest, report, sites, passphrase],
  examples: [
    ["init --name acme.example --dir vendor", "make a vendor"],
    ["issue --request site.skreq --terms terms.yaml --out site.sklic", "license a site"],
    ["ingest usage.skb", "count what a site has used, and write the receipt"],
    ["report --by month", "what to bill"],
  ],
  epilogue: "the passphrase is asked for, or read with --passphrase-file or --passphrase-fd",
});
