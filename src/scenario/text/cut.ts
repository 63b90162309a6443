/** A stretch of text. */
export interface Range {
  start: number
  end: number
}

/** The documents of a YAML stream: what lies between lines that begin with `---` (or end with `...`). */
export function cutDocuments(text: string): Range[] {
  const ranges: Range[] = []
  const marker = /^(?:---(?=\s|$)|\.\.\.\s*$)/gm
  let start = 0
  for (let match = marker.exec(text); match !== null; match = marker.exec(text)) {
    ranges.push({ start, end: match.index })
    start = match.index + match[0].length
  }
  ranges.push({ start, end: text.length })
  return ranges
}

/** A long block list of a document, cut into its items, and what stands around it. */
export interface CutList {
  /** Each begins behind its dash. */
  items: Range[]
  before: Range
  after: Range
}

/**
 * Cuts the `items:` of a List, so that each item can be read, and found again, without the others. Undefined if the document has no such
 * block list, or uses aliases, which may cross from item to item.
 */
export function cutList(text: string, { start, end }: Range): CutList | undefined {
  const head = /^items:[ \t]*\n(?:[ \t]*(?:#.*)?\n)*( *)-(?=\s)/m.exec(text.slice(start, end))
  if (head === null || /[-:] +\*\S+ *$/m.test(text.slice(start, end))) return undefined
  const indent = head[1] ?? ''
  const list = start + head.index
  let dash = list + head[0].length - 1
  const items: Range[] = []
  for (;;) {
    const next = nextAtIndent(text, dash, end, indent)
    items.push({ start: dash + 1, end: next.at })
    if (!next.isItem) return { items, before: { start, end: list }, after: { start: next.at, end } }
    dash = next.at + indent.length
  }
}

/** The next line that is not inside the item: another item at the same indentation, or anything else at no more than it. */
function nextAtIndent(text: string, from: number, end: number, indent: string): { at: number; isItem: boolean } {
  for (let line = text.indexOf('\n', from) + 1; line > 0 && line < end; line = text.indexOf('\n', line) + 1) {
    let at = line
    while (text.charCodeAt(at) === 32) at++
    const code = text.charCodeAt(at)
    if (at - line > indent.length || code === 10 || code === 35 || at >= end) continue
    const after = text.charCodeAt(at + 1)
    return { at: line, isItem: at - line === indent.length && code === 45 && (after === 32 || after === 10) }
  }
  return { at: end, isItem: false }
}
