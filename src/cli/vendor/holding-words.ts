import type { EarlierLicenses, Holding } from "../../vendor/holdings.ts";
import type { Output } from "../shared/output.ts";

/** Tells on stderr what a known site has already: licenses add up, which is easily forgotten. */
export function tellEarlier(
  { site, holdings }: EarlierLicenses,
  added: readonly Holding[],
  newSite: string,
  out: Output,
): void {
  if (site !== newSite) {
    out.warn(
      `this site was called ${JSON.stringify(site)} so far; this license calls it ${JSON.stringify(newSite)}`,
    );
  }
  for (const held of holdings) {
    const more = added.find(({ kind, name }) => kind === held.kind && name === held.name);
    const adds = more === undefined ? "none" : String(more.amount);
    const things = held.amount === 1 ? held.kind : `${held.kind}s`;
    out.note(
      `this site already holds ${held.amount} ${things} of ${held.name}; this license adds ${adds}`,
    );
  }
}
