import type { Done } from "../load/jobs.ts";
import type { Check } from "../scenario.ts";
import { type Books, readBooks } from "../site/books.ts";
import { FEATURE, type OurDaemon } from "./contestants.ts";

/**
 * After a load: everybody takes a seat, the daemon is killed without warning, and its database is
 * read. Everything that was acknowledged must be there, and nothing twice.
 */
export async function audit({ generator, server, site }: OurDaemon): Promise<readonly Check[]> {
  await generator.run({ kind: "hold", feature: FEATURE });
  const held = await generator.run({ kind: "held" });
  await server.kill();
  return compare(held, readBooks(site.database));
}

function compare({ tally, held = [] }: Done, books: Books): readonly Check[] {
  const lost = held.filter((lease) => !books.leases.has(lease)).length;
  const failures = Object.entries(tally.failures).map(([code, count]) => `${count} ${code}`);
  return [
    {
      claim: "every acknowledged seat is in the database after kill -9",
      holds: lost === 0 && books.leases.size === held.length,
      found: `${held.length} held, ${books.leases.size} in the database, ${lost} lost`,
    },
    {
      claim: "every acknowledged grant is counted, and none twice",
      holds: books.grants === tally.granted && tally.doubled === 0,
      found: `${tally.granted} acknowledged, ${books.grants} counted, ${tally.doubled} doubled`,
    },
    {
      claim: "nothing was refused that should not have been",
      holds: failures.length === 0,
      found: failures.join(", ") || "nothing",
    },
  ];
}

/** While a load pressed a feature with fewer seats than clients. */
export function neverMore(what: string, { tally }: Done, seats: number): Check {
  return {
    claim: `never more seats than the license has: ${what}`,
    holds: tally.most <= seats && tally.doubled === 0,
    found: `at most ${tally.most} of ${seats} held, ${tally.granted} grants, ${tally.denied} denials`,
  };
}
