/** What the engine and the model both know of a lease. */
interface KnownLease {
  readonly id: string;
  readonly instance: string;
  readonly groups: unknown;
  readonly overdraft: boolean;
  readonly expiresAt: unknown;
  readonly idleAt: unknown;
  readonly hasSeats: boolean;
  readonly lingersUntil: unknown;
  readonly borrowed: { readonly until: unknown } | null;
}

/** Who holds what, by id; of the time that a seat lingers only whether it does. */
export const comparable = (leases: readonly KnownLease[]): readonly object[] =>
  leases
    .map(
      ({
        id,
        instance,
        groups,
        overdraft,
        expiresAt,
        idleAt,
        hasSeats,
        lingersUntil,
        borrowed,
      }) => ({
        id,
        instance,
        groups,
        overdraft,
        expiresAt,
        idleAt,
        hasSeats,
        lingers: lingersUntil !== null,
        borrowedUntil: borrowed?.until ?? null,
      }),
    )
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
