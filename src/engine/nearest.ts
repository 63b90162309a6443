/** How many letters must be typed, dropped, changed or swapped with their neighbour to make one word of the other (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1))
      if (from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}

/** Longer words are nobody's typing mistake, and comparing them costs their product. */
const LONGEST = 80

/** The valid word that the writer most likely meant; undefined if none is near. */
export function nearest(word: string, valid: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of valid) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** "did you mean `delay`?", or else, when there are few, the list of valid words. */
export function suggest(word: string, valid: readonly string[]): string | undefined {
  const meant = nearest(word, valid)
  if (meant !== undefined) return `did you mean \`${meant}\`?`
  return valid.length > 0 && valid.length <= 20 ? `one of: ${valid.join(', ')}` : undefined
}
