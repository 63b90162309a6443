/** A word of a rule: what it says, and how it was written. */
export interface Word {
  readonly text: string
  readonly written: string
}

/** Splits a line as iptables-restore does: at blanks, except within double quotes, where `\` takes the next character as it is. */
export function splitWords(line: string): Word[] {
  const words: Word[] = []
  for (const [written] of line.matchAll(WORD)) words.push({ text: unquote(written), written })
  return words
}

const WORD = /(?:"(?:\\.|[^"\\])*"?|[^\s"])+/g

function unquote(written: string): string {
  if (!written.includes('"')) return written
  return written.replaceAll(/"((?:\\.|[^"\\])*)"?/g, (_, inside: string) => inside.replaceAll(/\\(.)/g, '$1'))
}
