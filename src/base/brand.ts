declare const brand: unique symbol;

/**
 * A primitive that only its maker can produce. The mark exists for the compiler alone; at run
 * time the value is the bare primitive.
 */
export type Brand<Primitive, Name extends string> = Primitive & { readonly [brand]: Name };
