/**
 * A quick reader of the plain block YAML that programs print (`kubectl get -o yaml`, `helm template`): nested mappings and sequences,
 * scalars on one line, literal blocks. It is some thirty times as fast as the full parser, which a dump of a hundred megabytes needs.
 * Whatever else it meets (flow collections, folded text, anchors, tags, tabs, duplicate keys, anything dubious) it leaves to the full
 * parser by answering undefined, so it never has to be right about more than it understands.
 */
export function readPlainBlock(text: string): { value: unknown } | undefined {
  const reader = new BlockReader(text)
  try {
    return { value: reader.read() }
  } catch (reason) {
    if (reason === UNSURE) return undefined
    throw reason
  }
}

const UNSURE = Symbol('left to the full parser')

/** Deeper than any object of Kubernetes. */
const DEEPEST = 60

/** The characters that a plain scalar does not begin with, or that make it something else. */
const NOT_PLAIN = /^[[\]{}&*!|>'"%@`,?#]|^[-?:](?:\s|$)|: | #|:$|\t/
const DECIMAL = /^[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$/
/** What YAML 1.2's core schema reads as something other than text, beyond decimal numbers and the words in `WORDS`. */
const ODD_NUMBER = /^[-+]?(?:0[xo]|\.)/
const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true], ['True', true], ['TRUE', true], ['false', false], ['False', false], ['FALSE', false],
  ['null', null], ['Null', null], ['NULL', null], ['~', null], ['{}', null], ['[]', null],
])

class BlockReader {
  readonly #text: string
  /** The current line: from its first character that is no space, to its end; and how many spaces precede. */
  #from = 0
  #to = -1
  #indent = -1

  constructor(text: string) {
    this.#text = text
  }

  read(): unknown {
    this.#nextLine()
    if (this.#indent < 0) return null
    const value = this.#block(this.#indent, 0)
    if (this.#indent >= 0) throw UNSURE
    return value
  }

  /** Goes to the next line with something on it; indent -1 at the end of the text. */
  #nextLine(): void {
    const text = this.#text
    for (let start = this.#to + 1; start < text.length; start = this.#to + 1) {
      const end = text.indexOf('\n', start)
      this.#to = end < 0 ? text.length : end
      let from = start
      while (text.charCodeAt(from) === 32) from++
      if (from >= this.#to || text.charCodeAt(from) === 35) continue
      if (text.charCodeAt(from) === 9) throw UNSURE
      this.#from = from
      this.#indent = from - start
      return
    }
    this.#indent = -1
  }

  #block(indent: number, depth: number): unknown {
    if (depth > DEEPEST) throw UNSURE
    return this.#isItem() ? this.#sequence(indent, depth) : this.#mapping(indent, depth)
  }

  #isItem(): boolean {
    if (this.#text.charCodeAt(this.#from) !== 45) return false
    return this.#from + 1 === this.#to || this.#text.charCodeAt(this.#from + 1) === 32
  }

  #sequence(indent: number, depth: number): unknown[] {
    const items: unknown[] = []
    while (this.#indent === indent && this.#isItem()) {
      let from = this.#from + 1
      while (from < this.#to && this.#text.charCodeAt(from) === 32) from++
      if (from === this.#to) {
        this.#nextLine()
        items.push(this.#indent > indent ? this.#block(this.#indent, depth + 1) : null)
        continue
      }
      const column = indent + (from - this.#from)
      this.#from = from
      this.#indent = column
      if (this.#isItem() || this.#nameEnd() >= 0) items.push(this.#block(column, depth + 1))
      else items.push(this.#scalar(from, indent))
    }
    if (this.#indent > indent) throw UNSURE
    return items
  }

  #mapping(indent: number, depth: number): Record<string, unknown> {
    const fields: Record<string, unknown> = {}
    while (this.#indent === indent && !this.#isItem()) {
      const colon = this.#nameEnd()
      if (colon < 0) throw UNSURE
      const name = this.#name(colon)
      if (Object.hasOwn(fields, name) || name === '__proto__') throw UNSURE
      let from = colon + 1
      while (from < this.#to && this.#text.charCodeAt(from) === 32) from++
      if (from < this.#to) {
        fields[name] = this.#scalar(from, indent)
        continue
      }
      this.#nextLine()
      if (this.#indent > indent) fields[name] = this.#block(this.#indent, depth + 1)
      else fields[name] = this.#indent === indent && this.#isItem() ? this.#sequence(indent, depth + 1) : null
    }
    if (this.#indent > indent) throw UNSURE
    return fields
  }

  /** Where the colon after the field's name stands; -1 if this line has none. */
  #nameEnd(): number {
    const text = this.#text
    const first = text.charCodeAt(this.#from)
    let at = first === 34 || first === 39 ? this.#quoteEnd(this.#from) : this.#from
    for (at = text.indexOf(':', at); at >= 0 && at < this.#to; at = text.indexOf(':', at + 1)) {
      if (at + 1 === this.#to || text.charCodeAt(at + 1) === 32) return at
    }
    return -1
  }

  #name(colon: number): string {
    const written = this.#text.slice(this.#from, colon).trimEnd()
    const first = written.charCodeAt(0)
    if (first === 34 || first === 39) {
      if (this.#quoteEnd(this.#from) !== colon) throw UNSURE
      return this.#quoted(written)
    }
    const name = plain(written)
    if (typeof name === 'string' && name !== '<<') return name
    if (/^\d{1,15}$/.test(written) && String(name) === written) return written
    throw UNSURE
  }

  /** Reads the rest of the line from there, or the literal block that it opens, and goes on to the next line. */
  #scalar(from: number, indent: number): unknown {
    const first = this.#text.charCodeAt(from)
    if (first === 124) return this.#literal(from, indent)
    const written = this.#text.slice(from, this.#to).trimEnd()
    let value: unknown
    if (first === 34 || first === 39) {
      if (this.#quoteEnd(from) !== from + written.length) throw UNSURE
      value = this.#quoted(written)
    } else value = plain(written)
    this.#nextLine()
    if (this.#indent > indent) throw UNSURE
    return value
  }

  /** Just behind the quote that closes the one at `from`, on the same line. */
  #quoteEnd(from: number): number {
    const text = this.#text
    const quote = text.charCodeAt(from)
    for (let at = from + 1; at < this.#to; at++) {
      const code = text.charCodeAt(at)
      if (code === 92 && quote === 34) at++
      else if (code === quote) {
        if (quote === 39 && text.charCodeAt(at + 1) === 39) at++
        else return at + 1
      }
    }
    throw UNSURE
  }

  #quoted(written: string): string {
    const inner = written.slice(1, -1)
    if (written.startsWith("'")) return inner.replaceAll("''", "'")
    if (!inner.includes('\\')) return inner
    if (/[\t\u0000-\u001F]|\\[^"\\/bfnrtu]/.test(inner)) throw UNSURE
    try {
      return String(JSON.parse(written))
    } catch {
      throw UNSURE
    }
  }

  /** `|`, `|-` or `|+`: the deeper lines below, as they are. */
  #literal(from: number, indent: number): string {
    const chomp = /^\|([-+]?) *$/.exec(this.#text.slice(from, this.#to))?.[1]
    if (chomp === undefined) throw UNSURE
    const lines: string[] = []
    let margin = -1
    let start = this.#to + 1
    let kept = start
    for (; start < this.#text.length; start = this.#to + 1) {
      const end = this.#text.indexOf('\n', start)
      const line = this.#text.slice(start, end < 0 ? this.#text.length : end)
      const spaces = line.search(/[^ ]/)
      if (margin < 0) {
        if (spaces <= indent) throw UNSURE
        margin = spaces
      }
      if (spaces >= 0 && spaces < margin) {
        if (spaces > indent) throw UNSURE
        break
      }
      lines.push(line.slice(margin))
      this.#to = start + line.length
      kept = this.#to
    }
    this.#to = kept
    this.#nextLine()
    return chomped(lines, chomp, this.#text.endsWith('\n') || this.#indent >= 0)
  }
}

function plain(written: string): unknown {
  const word = WORDS.get(written)
  if (word !== undefined) return written === '{}' ? {} : written === '[]' ? [] : word
  const first = written.charCodeAt(0)
  if (first < 58 && first > 42) {
    if (DECIMAL.test(written)) return Number(written)
    if (ODD_NUMBER.test(written)) throw UNSURE
  }
  if (written === '' || NOT_PLAIN.test(written)) throw UNSURE
  return written
}

function chomped(lines: string[], chomp: string, closed: boolean): string {
  const end = lines.findLastIndex((line) => line !== '') + 1
  if (end === 0 || !closed) throw UNSURE
  const body = lines.slice(0, end).join('\n')
  if (chomp === '-') return body
  return chomp === '' ? `${body}\n` : `${body}\n${'\n'.repeat(lines.length - end)}`
}
