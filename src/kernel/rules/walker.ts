import { HOOK_CHAINS, NF_ACCEPT, NF_DROP, type Hook, type Verdict } from '../netfilter.ts'
import type { Packet } from '../packet.ts'
import { ACCEPT, ACT, ACT_AND_CONTINUE, CONTINUE, DROP, GOTO, JUMP, MARK, RETURN, type CompiledRule } from './compile.ts'
import type { DrawRuns } from './draw-runs.ts'
import type { RuleEnvironment } from './environment.ts'
import type { RuleWalk } from './matches/match-module.ts'
import type { Chain, RuleObserver, Segment, Table } from './program.ts'
import type { RuleIndex } from './rule-index.ts'
import type { Target } from './rule.ts'

/** What a rule or a chain decided: a Verdict, or one of these two. NF_STOLEN is 2, so they are above. */
const GO_ON = 8
const GO_BACK = 9
type Decision = Verdict | typeof GO_ON | typeof GO_BACK

/** Places for the candidates of all groups of all chains that are being walked at one time. */
const CURSORS = 4096
const NOT_DRAWN = -1
/** A quotient that should be below 1 may be rounded up to it. */
const BELOW_ONE = 1 - Number.EPSILON
/** The kernel refuses rules that jump in a circle; here the depth is bounded. */
const DEPTH_MAX = 512

/**
 * Walks packets through the tables of one machine. It finds the rules that match without trying the others, and counts
 * how many the kernel would have tried (net/ipv4/netfilter/ip_tables.c: ipt_do_table).
 */
export class Walker implements RuleWalk {
  readonly environment: RuleEnvironment
  /** Told of every rule that matches, if set. */
  observer: RuleObserver | null = null
  /** Rules that the kernel would have tried in the last walk. The unwritten RETURN at a chain's end is not a rule. */
  evaluated = 0
  /** Of them, `-m statistic --mode random` matches that were reached. */
  statistics = 0
  /** The last walk asked for nothing but connection state and mark, and did nothing: alike packets meet the same. */
  isRepeatable = true

  #table: Table | null = null
  #hook: Hook = 0
  #depth = 0
  /** What is left of the walk's random number; NOT_DRAWN before the first draw. */
  #uniform = NOT_DRAWN
  /** For each index group of the chains being walked, its next member that can match. */
  readonly #cursors = new Int32Array(CURSORS)
  #cursorTop = 0
  /** Counters and the like of single matches (`--mode nth`): they belong to the machine, not to the rule. */
  readonly #states = new WeakMap<object, object>()

  constructor(environment: RuleEnvironment) {
    this.environment = environment
  }

  /** Walks the table's chain at that hook. Without such a chain the packet passes, and nothing is evaluated. */
  walk(table: Table, hook: Hook, packet: Packet): Verdict {
    const chain = table.chain(HOOK_CHAINS[hook])
    if (chain !== undefined) return this.walkFrom(table, chain, hook, packet)
    this.begin()
    return NF_ACCEPT
  }

  /** Walks a built-in chain of the table. */
  walkFrom(table: Table, chain: Chain, hook: Hook, packet: Packet): Verdict {
    this.begin()
    this.#table = table
    this.#hook = hook
    const decision = this.#walkChain(chain, packet)
    if (decision !== GO_ON && decision !== GO_BACK) return decision
    if (this.observer !== null) this.observer.policy(table, chain, this.evaluated)
    return chain.policy === 'DROP' ? NF_DROP : NF_ACCEPT
  }

  /** Begins a walk: counts of the last one are forgotten. */
  begin(): void {
    this.evaluated = 0
    this.statistics = 0
    this.isRepeatable = true
    this.#uniform = NOT_DRAWN
  }

  /**
   * A random draw that succeeds with that chance (xt_statistic.c). The kernel draws anew for each rule; here one number
   * does for a walk: given the outcome, what is left of it is uniform again. So the same number picks the same
   * endpoint in every proxy mode, and the first match of many draws can be looked up.
   */
  draw(chance: number): boolean {
    this.statistics++
    const uniform = this.#random()
    const succeeds = uniform < chance
    this.#uniform = succeeds ? uniform / chance : (uniform - chance) / (1 - chance)
    return succeeds
  }

  /** This machine's state of a match, `start` to begin with. */
  stateOf<State extends object>(match: object, start: State): State {
    const known = this.#states.get(match)
    // Only the match itself asks for its state, always with the same type.
    if (known !== undefined) return known as State
    const state = { ...start }
    this.#states.set(match, state)
    return state
  }

  passedOver(match: string): void {
    this.observer?.passed?.(match)
  }

  #walkChain(chain: Chain, packet: Packet): Decision {
    const { segments } = chain
    let base = 0
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i] as Segment
      const { index } = segment
      const decision = index === null ? this.#walkInTurn(chain, segment, base, packet) : this.#walkIndexed(chain, segment, base, index, packet)
      if (decision !== GO_ON) return decision
      base += segment.rules.length
    }
    return GO_ON
  }

  /** `base`: rules of the chain before this segment. */
  #walkInTurn(chain: Chain, segment: Segment, base: number, packet: Packet): Decision {
    const { length } = segment.rules
    let counted = 0
    for (let position = 0; position < length; position++) {
      const rule = segment.compiled(position)
      if (!rule.matches(packet, this)) continue
      this.evaluated += position + 1 - counted
      counted = position + 1
      const decision = this.#take(chain, base + position, rule, packet)
      if (decision !== GO_ON) return decision
    }
    this.evaluated += length - counted
    return GO_ON
  }

  /** Tries only the rules that the index names, in order, and counts those passed over. */
  #walkIndexed(chain: Chain, segment: Segment, base: number, index: RuleIndex, packet: Packet): Decision {
    const { groups, irregular, draws } = index
    if (groups.length > 0) this.isRepeatable = false
    const cursors = this.#cursors
    const bottom = this.#cursorTop
    const top = bottom + groups.length
    for (let i = bottom; i < top; i++) cursors[i] = groups[i - bottom]!.first(packet)
    this.#cursorTop = top
    let nextIrregular = 0
    let passed = 0
    let decision: Decision = GO_ON
    for (;;) {
      let position = nextIrregular < irregular.length ? (irregular[nextIrregular] as number) : segment.rules.length
      let from = -1
      for (let i = bottom; i < top; i++) {
        const member = cursors[i] as number
        if (member < 0) continue
        const candidate = groups[i - bottom]!.position(member)
        if (candidate >= position) continue
        position = candidate
        from = i
      }
      if (position === segment.rules.length) break
      let isDrawn = false
      if (from >= 0) cursors[from] = groups[from - bottom]!.following(cursors[from] as number)
      else if (draws.lastOf(nextIrregular) < 0) nextIrregular++
      else {
        const last = draws.lastOf(nextIrregular)
        const place = this.#drawFirst(draws, nextIrregular, last)
        isDrawn = place <= last
        nextIrregular = isDrawn ? place + 1 : place
        if (!isDrawn) continue
        position = irregular[place] as number
      }
      this.evaluated += position + 1 - passed
      passed = position + 1
      const rule = segment.compiled(position)
      if (!isDrawn && !rule.matches(packet, this)) continue
      decision = this.#take(chain, base + position, rule, packet)
      if (decision !== GO_ON) break
    }
    if (decision === GO_ON) this.evaluated += segment.rules.length - passed
    this.#cursorTop = bottom
    return decision
  }

  /** What `draw` says of the rules from one place of a run to its last, until one matches: its place, or the one after the run. */
  #drawFirst(draws: DrawRuns, from: number, last: number): number {
    const uniform = this.#random()
    const place = draws.first(from, uniform)
    const reached = draws.survival(from, place - 1)
    const left = place > last ? 0 : draws.survival(from, place)
    const rest = (uniform - (1 - reached)) / (reached - left)
    this.#uniform = Math.min(Math.max(rest, 0), BELOW_ONE)
    this.statistics += Math.min(place, last) - from + 1
    return place
  }

  #random(): number {
    this.isRepeatable = false
    if (this.#uniform === NOT_DRAWN) this.#uniform = this.environment.random()
    return this.#uniform
  }

  #take(chain: Chain, position: number, rule: CompiledRule, packet: Packet): Decision {
    if (this.observer !== null) this.observer.matched(this.#table as Table, chain, position, rule.rule, this.evaluated)
    switch (rule.action) {
      case CONTINUE:
        return GO_ON
      case JUMP:
        return this.#enter(rule, packet, GO_ON)
      case GOTO:
        return this.#enter(rule, packet, GO_BACK)
      case ACCEPT:
        return NF_ACCEPT
      case DROP:
        return NF_DROP
      case RETURN:
        return GO_BACK
      case MARK:
        this.isRepeatable = false
        packet.mark = (packet.mark & rule.markKeep) ^ rule.markFlip
        return GO_ON
      case ACT:
        return this.#act(rule.rule.target as Target, packet)
      case ACT_AND_CONTINUE:
        this.#act(rule.rule.target as Target, packet)
        return GO_ON
      default:
        throw new Error(`this is a bug in kubehop: a rule has the action ${rule.action}`)
    }
  }

  /** REJECT sends an answer, which may walk the machine's OUTPUT before this walk is over. */
  #act(target: Target, packet: Packet): Verdict {
    const [table, hook, evaluated, statistics, uniform] = [this.#table, this.#hook, this.evaluated, this.statistics, this.#uniform]
    const verdict = this.environment.act(target, packet, hook)
    this.#table = table
    this.#hook = hook
    this.evaluated = evaluated
    this.statistics = statistics
    this.#uniform = uniform
    this.isRepeatable = false
    return verdict
  }

  /** Walks the chain that the rule leads to; `after` is what holds when it ends without a verdict. */
  #enter(rule: CompiledRule, packet: Packet, after: Decision): Decision {
    const chain = rule.chainIn(this.#table as Table)
    if (++this.#depth > DEPTH_MAX) throw new Error(`more than ${DEPTH_MAX} chains deep at ${chain.name}: rules that jump in a circle?`)
    const decision = this.#walkChain(chain, packet)
    this.#depth--
    return decision === GO_ON || decision === GO_BACK ? after : decision
  }
}
