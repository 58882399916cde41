import type { LeaseNote } from "../license/lease-note.ts";

/** An answer or a notice that is ready to leave, but for the signed notes of its leases. */
export interface Departure {
  readonly leases: readonly LeaseNote[];
  /** Called once, with a note for each of the leases. */
  readonly leave: (notes: readonly string[]) => void;
}

/** Of an answer without leases. */
export const departure = (leave: () => void): Departure => ({ leases: [], leave });

/** For whom nobody waits. */
export const NOTHING_LEAVES: Departure = departure(() => undefined);

/**
 * Signs the leases of all departures at once, and lets them leave in their order. One that fails
 * keeps none of the others back.
 */
export function leaveTogether(
  departures: readonly Departure[],
  sign: (leases: readonly LeaseNote[]) => readonly string[],
  fault: (error: unknown) => void,
): void {
  const notes = sign(departures.flatMap(({ leases }) => leases));
  let begin = 0;
  for (const { leases, leave } of departures) {
    const end = begin + leases.length;
    try {
      leave(notes.slice(begin, end));
    } catch (error) {
      fault(error);
    }
    begin = end;
  }
}
