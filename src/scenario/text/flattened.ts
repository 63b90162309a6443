/** An empty `metadata:` or `spec:` and, at the same depth, a field that does not belong beside it. */
const EMPTIED =
  /^([ \t]*)(?:metadata|spec):[ \t]*\n(?:[ \t]*(?:#.*)?\n)*\1(?!(?:apiVersion|kind|metadata|spec|status|data)[ \t]*:)(?=([A-Za-z][\w./-]*):(?:[ \t]|$))/m

/**
 * The field that shows that a Kubernetes document lost its indentation, as when copied from a web page: either one that stands twice at the
 * top level, or else the first below an empty `metadata:` or `spec:`, which nobody leaves empty on purpose. Or its spaces are not YAML's.
 */
export function findLostIndentation(text: string): { offset: number; message: string } | undefined {
  const unbroken = /^ *\u00A0/m.exec(text)
  if (unbroken !== null) return { offset: unbroken.index, message: 'non-breaking spaces indent this line, as in a copy from a web page; YAML wants ordinary spaces' }
  const emptied = EMPTIED.exec(text)
  if (emptied === null) return undefined
  const repeated = firstRepeatedField(text)
  const field = repeated?.field ?? emptied[2]
  const where = repeated === undefined ? 'stands beside what it belongs into' : 'appears twice at the top level'
  return {
    offset: repeated?.offset ?? emptied.index + emptied[0].length,
    message: `indentation seems to be lost: \`${field}\` ${where}; did you copy this from a web page?`,
  }
}

function firstRepeatedField(text: string): { offset: number; field: string } | undefined {
  const seen = new Set<string>()
  for (const match of text.matchAll(/^([A-Za-z][\w./-]*):(?=[ \t]|$)/gm)) {
    const field = match[1] ?? ''
    if (seen.has(field)) return { offset: match.index, field }
    seen.add(field)
  }
  return undefined
}
