/**
 * Whether `text` is what `pattern` says: `*` stands for any characters, also none, `?` for exactly
 * one, everything else for itself. Takes time in proportion to both lengths multiplied, whatever
 * the pattern.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  let next = 0;
  while (next < text.length) {
    if (pattern[at] === "*") {
      star = at;
      at += 1;
      retry = next;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[next])) {
      at += 1;
      next += 1;
    } else if (star === -1) {
      return false;
    } else {
      at = star + 1;
      retry += 1;
      next = retry;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
