import { Chain, newTable, Segment, type Ruleset, type Table } from '../program.ts'
import type { Rule, TableName } from '../rule.ts'
import { findCircle } from './circle.ts'
import { parseRule } from './parse-rule.ts'
import { splitWords } from './words.ts'

/** Something in the text that was not understood, and what was made of it. */
export interface Complaint {
  /** From 1. */
  line: number
  text: string
  message: string
}

/** The tables, and what of the text was not understood. */
export interface ParsedRuleset extends Ruleset {
  readonly complaints: readonly Complaint[]
}

/**
 * Reads what iptables-save (or a file for iptables-restore) says, of any of the four tables, with or without counters.
 * Whatever is not understood is in `complaints`, with its line; nothing is left out in silence. Never throws.
 */
export function parseIptablesSave(text: string): ParsedRuleset {
  return new SaveReader().read(text)
}

const TABLE_NAMES: readonly string[] = ['raw', 'mangle', 'nat', 'filter'] satisfies TableName[]

class SaveReader {
  readonly #complaints: Complaint[] = []
  readonly #tables: Partial<Record<TableName, Table>> = {}
  #line = 0
  #text = ''
  /** The table being read; undefined between tables, and in one that is not modelled. */
  #table: TableName | undefined
  #isSkipping = false
  #chains = new Map<string, { policy: 'ACCEPT' | 'DROP' | undefined; rules: Rule[] }>()

  read(text: string): ParsedRuleset {
    for (const line of text.split('\n')) {
      this.#line++
      this.#text = line.trim()
      this.#readLine(this.#text)
    }
    if (this.#table !== undefined) {
      this.#complain(`table ${this.#table} ends without COMMIT; is the text cut off?`)
      this.#commit()
    }
    return { tables: this.#tables, complaints: this.#complaints }
  }

  #readLine(line: string): void {
    if (line === '') return
    if (line.startsWith('#')) return this.#readComment(line)
    if (line.startsWith('*')) return this.#startTable(line.slice(1))
    if (line === 'COMMIT') return this.#commit()
    if (this.#isSkipping) return
    if (this.#table === undefined) return this.#complain('this stands outside a table (*nat … COMMIT); is this what iptables-save prints?')
    if (line.startsWith(':')) return this.#declareChain(line.slice(1))
    this.#addRule(line.replace(/^\[\d+:\d+\]\s*/, ''))
  }

  #readComment(line: string): void {
    // iptables-nft leaves out tables that nft has written, and says so in a comment.
    if (line.includes('is incompatible, use')) this.#complain('this table is not in the text: only nft can print it')
  }

  #startTable(name: string): void {
    if (this.#table !== undefined) {
      this.#complain(`table ${this.#table} ends without COMMIT`)
      this.#commit()
    }
    this.#isSkipping = !isTableName(name)
    if (!isTableName(name)) return this.#complain(`table ${name} is not modelled; its rules are left out`)
    if (this.#tables[name] !== undefined) this.#complain(`table ${name} a second time; it replaces the first`)
    this.#table = name
    this.#chains = new Map()
  }

  #declareChain(text: string): void {
    const [, name, policy] = /^(\S+)\s+(ACCEPT|DROP|-)(?:\s|$)/.exec(text) ?? []
    if (name === undefined) return this.#complain('not understood as :CHAIN POLICY [packets:bytes]')
    this.#chains.set(name, { policy: policy === 'ACCEPT' || policy === 'DROP' ? policy : undefined, rules: [] })
  }

  #addRule(text: string): void {
    const [append, name, ...words] = splitWords(text)
    if (append?.text !== '-A' && append?.text !== '--append') return this.#complain(`${append?.text ?? text} is not understood: iptables-save prints -A CHAIN …`)
    const chain = this.#chains.get(name?.text ?? '')
    if (chain === undefined) return this.#complain(`there is no line :${name?.text ?? ''} that declares this chain; the rule is left out`)
    const problems: string[] = []
    chain.rules.push(parseRule(words, (wanted) => this.#chains.has(wanted), this.#line, problems))
    for (const problem of problems) this.#complain(problem)
  }

  #commit(): void {
    this.#isSkipping = false
    const name = this.#table
    if (name === undefined) return
    this.#table = undefined
    const chains = [...this.#chains].map(([chain, { policy, rules }]) => new Chain(chain, [new Segment(rules)], policy))
    const table = newTable(name, chains)
    this.#tables[name] = table
    const circle = findCircle(table)
    if (circle !== undefined) this.#complain(`table ${name} jumps in a circle, which no kernel accepts: ${circle.join(' → ')}`)
  }

  #complain(message: string): void {
    this.#complaints.push({ line: this.#line, text: this.#text, message })
  }
}

function isTableName(name: string): name is TableName {
  return TABLE_NAMES.includes(name)
}
