/**
 * Overwrites each array with zeros. Copies that the engine made elsewhere (a moved heap, a string)
 * are out of reach: this shortens the life of a secret, it does not prove its end.
 */
export function erase(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
