/** Thrown while a rule is read, and turned into a complaint with its line. Never leaves the parser. */
export class NotUnderstood extends Error {}

interface Given {
  values: string[]
  negated: boolean
}

/** What a rule's text gives to one match or target: its options, with values and `!`. */
export class Options {
  readonly #given = new Map<string, Given>()

  add(name: string, values: string[], negated: boolean): void {
    this.#given.set(name, { values, negated })
  }

  values(name: string): readonly string[] {
    return this.#given.get(name)?.values ?? []
  }

  has(name: string): boolean {
    return this.#given.has(name)
  }

  negated(name: string): boolean {
    return this.#given.get(name)?.negated === true
  }

  /** `{ negated: true }` if the option carries a `!`, else nothing: to be spread into a match. */
  negation(name: string): { negated?: true } {
    return this.negated(name) ? { negated: true } : {}
  }

  text(name: string, index = 0): string {
    const value = this.#given.get(name)?.values[index]
    if (value === undefined) throw new NotUnderstood(`${name} is missing`)
    return value
  }

  /** A whole number, decimal, octal or 0x hexadecimal as strtoul reads it. */
  number(name: string): number {
    return readNumber(this.text(name), name)
  }

  /** The first of these options that was given. */
  oneOf<Name extends string>(...names: Name[]): Name {
    for (const name of names) if (this.has(name)) return name
    throw new NotUnderstood(`one of ${names.join(', ')} is missing`)
  }
}

export function readNumber(text: string, where: string): number {
  if (/^(0x[0-9a-f]{1,8}|[1-9]\d{0,9}|0[0-7]*)$/i.test(text)) {
    const number = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text)
    if (number <= 0xffffffff) return number
  }
  throw new NotUnderstood(`${where} ${text} is not a number`)
}

/** `VALUE[/MASK]`, as marks are written. */
export function readMasked(text: string, where: string): { value: number; mask: number } {
  const [value = '', mask, ...more] = text.split('/')
  if (more.length > 0) throw new NotUnderstood(`${where} ${text} is not VALUE/MASK`)
  return { value: readNumber(value, where), mask: mask === undefined ? 0xffffffff : readNumber(mask, where) }
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}

/** As xtables_save_string: quoted unless only letters, digits, `_` and `-` are in it. */
export function quote(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `"${text.replaceAll(/["\\']/g, '\\$&')}"`
}

/** `! ` before a negated option. */
export function bang(negated: boolean | undefined): string {
  return negated === true ? '! ' : ''
}
