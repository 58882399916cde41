import { readNetwork } from "../rules/network.ts";
import type { Refusal } from "./keyword.ts";

export type AddressPattern =
  | { readonly kind: "network"; readonly text: string }
  | ({ readonly kind: "refused" } & Refusal);

/** Whether it can be no name of a host: digits, dots and stars alone, or colons. */
export function looksLikeAddress(text: string): boolean {
  return /^[\d.*/]+$/.test(text) || text.includes(":");
}

/** Reads an address, a network, or an IPv4 address whose last parts are stars, as a network. */
export function readAddressPattern(text: string): AddressPattern {
  if (!text.includes("*")) return asNetwork(text);
  const parts = text.split(".");
  const fixed = parts.filter((part) => part !== "*").length;
  // Stars before a number, and parts of a number, are no network.
  if (parts.length !== 4 || parts.slice(fixed).some((part) => part !== "*")) {
    return {
      kind: "refused",
      why: `the addresses ${text} are not one network`,
      instead: "write the networks they lie in as groups: { name: { networks } }",
    };
  }
  const base = [...parts.slice(0, fixed), ...Array.from({ length: 4 - fixed }, () => "0")];
  return asNetwork(`${base.join(".")}/${fixed * 8}`);
}

function asNetwork(text: string): AddressPattern {
  const read = readNetwork(text);
  if (read.kind === "network") return { kind: "network", text };
  return { kind: "refused", why: `${text} is no address: ${read.reason}`, instead: "correct it" };
}
