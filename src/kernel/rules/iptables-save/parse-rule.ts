import { moduleNamed, type HeadKind } from '../matches/registry.ts'
import { protocolName } from '../protocols.ts'
import type { Match, Rule, Target } from '../rule.ts'
import { targetModuleNamed } from '../targets/registry.ts'
import { HEAD_OPTIONS, HEAD_ORDER, readHead } from './head.ts'
import { NotUnderstood, Options } from './options.ts'
import type { Word } from './words.ts'

/** One `-m NAME` or `-j NAME` while its options are gathered. */
interface Use {
  name: string
  module: { options: Readonly<Record<string, number>> } | undefined
  options: Options
  written: string[]
  problem: string | undefined
}

const VERDICTS: Readonly<Record<string, Target>> = { ACCEPT: { kind: 'ACCEPT' }, DROP: { kind: 'DROP' }, RETURN: { kind: 'RETURN' } }

/** Reads the rule that follows `-A CHAIN`. `problems` gets a sentence for everything that was not understood. */
export function parseRule(words: readonly Word[], isChain: (name: string) => boolean, line: number, problems: string[]): Rule {
  return new RuleReader(words, isChain, problems).read(line)
}

class RuleReader {
  readonly #words: readonly Word[]
  readonly #isChain: (name: string) => boolean
  readonly #problems: string[]
  #at = 0
  readonly #head = new Map<HeadKind, Match>()
  readonly #unknown: Match[] = []
  readonly #uses: Use[] = []
  #target: Target | null = null
  #targetUse: Use | undefined

  constructor(words: readonly Word[], isChain: (name: string) => boolean, problems: string[]) {
    this.#words = words
    this.#isChain = isChain
    this.#problems = problems
  }

  read(line: number): Rule {
    while (this.#at < this.#words.length) this.#readOption()
    const head = HEAD_ORDER.flatMap((kind) => this.#head.get(kind) ?? [])
    const matches = [...head, ...this.#unknown, ...this.#uses.map((use) => this.#finishMatch(use))]
    if (this.#targetUse !== undefined) this.#target = this.#finishTarget(this.#targetUse)
    return { matches, target: this.#target, line }
  }

  #next(): Word | undefined {
    return this.#words[this.#at++]
  }

  #readOption(): void {
    let word = this.#next()
    let negated = false
    if (word?.written === '!') {
      negated = true
      word = this.#next()
    }
    if (word === undefined) return this.#complain('the rule ends after !')
    const kind = HEAD_OPTIONS[word.text]
    if (kind !== undefined) return this.#readHead(kind, word, negated)
    if (word.text === '-m' || word.text === '--match') return this.#startMatch()
    if (word.text === '-j' || word.text === '--jump') return this.#readTarget()
    if (word.text === '-g' || word.text === '--goto') return this.#readGoto()
    if (word.text === '-c' || word.text === '--set-counters') {
      this.#at += 2
      return
    }
    this.#readModuleOption(word, negated)
  }

  #readHead(kind: HeadKind, option: Word, negated: boolean): void {
    const { values, negated: negatedLater } = this.#takeValues(kind === 'fragment' ? 0 : 1)
    const not = negated || negatedLater
    try {
      const match = readHead(kind, values[0]?.text ?? '', not)
      if (match !== undefined) this.#head.set(kind, match)
    } catch (error) {
      const text = [not ? '!' : [], option.written, values.map(({ written }) => written)].flat(2).join(' ')
      this.#complain(`${sayNotUnderstood(error)}; the rule is taken as one that never matches`)
      this.#unknown.push({ kind: 'unknown', text })
    }
  }

  /** The next words, as many as the option takes; a `!` may stand before them (`--dport ! 80`, the spelling of old). */
  #takeValues(count: number): { values: Word[]; negated: boolean } {
    const negated = count > 0 && this.#words[this.#at]?.written === '!'
    if (negated) this.#at++
    const values = this.#words.slice(this.#at, this.#at + count)
    this.#at += count
    return { values, negated }
  }

  #startMatch(): void {
    const name = this.#next()?.text ?? ''
    this.#uses.push(newUse(name, moduleNamed(name)))
  }

  #readTarget(): void {
    const name = this.#next()?.text ?? ''
    const verdict = VERDICTS[name]
    if (verdict !== undefined) this.#target = verdict
    else if (this.#isChain(name)) this.#target = { kind: 'jump', chain: name }
    else this.#targetUse = newUse(name, targetModuleNamed(name))
  }

  #readGoto(): void {
    const chain = this.#next()?.text ?? ''
    if (!this.#isChain(chain)) this.#complain(`-g ${chain}: the table has no such chain`)
    else this.#target = { kind: 'goto', chain }
  }

  #readModuleOption(option: Word, negated: boolean): void {
    const use = this.#ownerOf(option.text)
    if (use === undefined) return this.#complain(`${option.text} is not understood, and is left out`)
    const count = use.module?.options[option.text]
    if (negated) use.written.push('!')
    use.written.push(option.written)
    if (count === undefined) {
      use.problem ??= `${option.text} is not modelled`
      return
    }
    const { values, negated: negatedLater } = this.#takeValues(count)
    if (negatedLater) use.written.push('!')
    for (const { written } of values) use.written.push(written)
    use.options.add(option.text, values.map(({ text }) => text), negated || negatedLater)
  }

  /** Whose option it is: the target's, the latest match's that has it, or the protocol's own, which iptables loads by itself. */
  #ownerOf(option: string): Use | undefined {
    const target = this.#targetUse
    if (target !== undefined && (target.module === undefined || target.module.options[option] !== undefined)) return target
    const owner = this.#uses.findLast(({ module }) => module?.options[option] !== undefined)
    if (owner !== undefined) return owner
    const latest = this.#uses.at(-1)
    if (latest?.module === undefined && latest !== undefined) return latest
    return this.#useOfProtocol(option) ?? target ?? latest
  }

  #useOfProtocol(option: string): Use | undefined {
    const protocol = this.#head.get('protocol')
    if (protocol?.kind !== 'protocol') return undefined
    const name = protocolName(protocol.protocol)
    const module = moduleNamed(name)
    if (module?.options[option] === undefined) return undefined
    const use = newUse(name, module)
    this.#uses.push(use)
    return use
  }

  #finishMatch(use: Use): Match {
    const module = moduleNamed(use.name)
    const match = finish(use, (options) => module?.read(options, use.name))
    if (typeof match !== 'string') return match
    const text = ['-m', use.name, ...use.written].join(' ')
    this.#complain(`${text}: ${match}; the rule is taken as one that never matches`)
    return { kind: 'unknown', text }
  }

  #finishTarget(use: Use): Target {
    const module = targetModuleNamed(use.name)
    const target = finish(use, (options) => module?.read(options, use.name))
    if (typeof target !== 'string') return target
    const text = [use.name, ...use.written].join(' ')
    const problem = module === undefined && /^[A-Z]+$/.test(use.name) === false ? 'the table has no such chain' : target
    this.#complain(`-j ${text}: ${problem}; packets are taken to go on to the next rule`)
    return { kind: 'unknown', text }
  }

  #complain(problem: string): void {
    this.#problems.push(problem)
  }
}

function newUse(name: string, module: Use['module']): Use {
  return { name, module, options: new Options(), written: [], problem: undefined }
}

/** What the module makes of its options, or a sentence that says why it cannot. */
function finish<Made>(use: Use, read: (options: Options) => Made | undefined): Made | string {
  if (use.problem !== undefined && use.module !== undefined) return use.problem
  try {
    return read(use.options) ?? 'not modelled'
  } catch (error) {
    return sayNotUnderstood(error)
  }
}

function sayNotUnderstood(error: unknown): string {
  if (error instanceof NotUnderstood) return error.message
  throw error
}
