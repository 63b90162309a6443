/**
 * The Corefile: server blocks of directives, in Caddy's syntax (github.com/coredns/caddy/caddyfile): words separated by
 * blanks, `"quotes"`, `# comments`, a backslash before a line end, snippets `(name) { … }` and `import name`.
 */

/** What is wrong, and in which line of the Corefile (from 1). */
export interface CorefileProblem {
  readonly line: number
  readonly message: string
  /** CoreDNS would start, and so do we: something is not modelled. */
  readonly note?: true
}

/** A line of a block: `success 9984 30`. */
export interface Directive {
  readonly name: string
  readonly line: number
  readonly args: readonly string[]
  readonly block: readonly Directive[]
}

/** `example.org:53 … { … }`. */
export interface ServerBlock {
  readonly line: number
  /** Without the trailing dot; the root is the empty name. */
  readonly zones: readonly { readonly zone: string; readonly port: number }[]
  readonly directives: readonly Directive[]
}

export interface Corefile {
  readonly servers: readonly ServerBlock[]
  readonly problems: readonly CorefileProblem[]
}

const DEFAULT_PORT = 53

export function parseCorefile(text: string): Corefile {
  return new Parser(tokenize(text)).parse()
}

interface Token {
  readonly text: string
  readonly line: number
}

/** A brace counts as one when it stands alone. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const pattern = /"((?:[^"\\]|\\.)*)"|#[^\n]*|\\\r?\n|(\n)|([^\s"#][^\s]*)/g
  let line = 1
  let joined = 0
  for (const match of text.matchAll(pattern)) {
    const [all, quoted, newline, word] = match
    if (quoted !== undefined) tokens.push({ text: quoted.replace(/\\"/g, '"'), line })
    else if (word !== undefined) tokens.push({ text: word, line })
    if (all.startsWith('\\')) joined++
    else if (newline === undefined) line += all.split('\n').length - 1
    else {
      line += 1 + joined // lines that are joined count as the first of them
      joined = 0
    }
  }
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #problems: CorefileProblem[] = []
  readonly #snippets = new Map<string, readonly Directive[]>()
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Corefile {
    const servers: ServerBlock[] = []
    while (this.#at < this.#tokens.length) {
      const first = this.#tokens[this.#at] as Token // checked just above
      const keys = this.#keys()
      const directives = this.#block(first.line)
      const snippet = /^\((.+)\)$/.exec(first.text)?.[1]
      if (snippet !== undefined) this.#snippets.set(snippet, directives)
      else servers.push({ line: first.line, zones: keys.flatMap((key) => this.#zone(key)), directives })
    }
    if (servers.length === 0) this.#complain(1, 'the Corefile has no server block')
    return { servers, problems: this.#problems }
  }

  /** The words before a block's opening brace; commas between them are allowed. */
  #keys(): Token[] {
    const keys: Token[] = []
    for (; this.#peek() !== undefined && this.#peek() !== '{'; this.#at++) {
      const { text, line } = this.#tokens[this.#at] as Token // it is there: peeked
      for (const key of text.split(',')) if (key !== '') keys.push({ text: key, line })
    }
    return keys
  }

  #zone({ text, line }: Token): { zone: string; port: number }[] {
    const match = /^(?:(\w+):\/\/)?(.*?)(?::(\d+))?$/.exec(text)
    const [, scheme, name = '', port] = match ?? []
    if (scheme !== undefined && scheme !== 'dns') {
      this.#complain(line, `only dns:// servers are modelled, not ${scheme}://`)
      return []
    }
    const number = port === undefined ? DEFAULT_PORT : Number(port)
    if (number < 1 || number > 65_535) this.#complain(line, `port ${port} is not between 1 and 65535`)
    return [{ zone: name.toLowerCase().replace(/\.$/, ''), port: number }]
  }

  /** Directives up to the closing brace of the block that opens here. */
  #block(openedAt: number): Directive[] {
    if (this.#peek() !== '{') {
      this.#complain(openedAt, `expected '{' after the name of a server block`)
      this.#at = this.#tokens.length
      return []
    }
    this.#at++
    const directives: Directive[] = []
    while (this.#peek() !== '}') {
      if (this.#peek() === undefined) {
        this.#complain(openedAt, `the block that opens here is never closed: a '}' is missing`)
        return directives
      }
      directives.push(...this.#directive())
    }
    this.#at++
    return directives
  }

  /** A word and what stands on its line, and perhaps a block; an `import` is what it imports. */
  #directive(): readonly Directive[] {
    const name = this.#tokens[this.#at++] as Token // the caller has peeked
    const args: string[] = []
    let last = name.line
    for (let next = this.#tokens[this.#at]; next !== undefined && next.line === last && next.text !== '{' && next.text !== '}'; next = this.#tokens[this.#at]) {
      args.push(next.text)
      last = next.line
      this.#at++
    }
    if (name.text === 'import') return this.#import(args[0] ?? '', name.line)
    const opens = this.#peek() === '{' && this.#tokens[this.#at]?.line === last
    return [{ name: name.text, line: name.line, args, block: opens ? this.#block(name.line) : [] }]
  }

  #import(name: string, line: number): readonly Directive[] {
    const snippet = this.#snippets.get(name)
    if (snippet === undefined) this.#complain(line, `there is no snippet (${name}) above to import`)
    return snippet ?? []
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text
  }

  #complain(line: number, message: string): void {
    this.#problems.push({ line, message })
  }
}
