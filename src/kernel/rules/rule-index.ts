import type { Packet } from '../packet.ts'
import { DrawRuns } from './draw-runs.ts'
import { DESTINATION, keyOf, PORT, SOURCE, type RuleKey } from './rule-key.ts'
import type { Rule } from './rule.ts'

/** Below this many rules, trying them in turn is faster than any index. */
const WORTHWHILE = 8
const EMPTY = -1

/**
 * Which rules of a segment can match a packet, without looking at the others (tuple space search). Rules that ask for
 * exact values of the same fields form a group with a hash over those values; rules that ask for none stand in
 * `irregular`, in order. A rule that is in neither place for a packet cannot match it and has no effect by being tried.
 */
export interface RuleIndex {
  readonly groups: readonly KeyGroup[]
  /** Positions of the rules without exact values, ascending. */
  readonly irregular: Int32Array
  /** Which of them only draw. */
  readonly draws: DrawRuns
}

/** null if the rules are few. */
export function indexRules(rules: readonly Rule[]): RuleIndex | null {
  if (rules.length <= WORTHWHILE) return null
  const irregular: number[] = []
  const positionsByFields = new Map<number, number[]>()
  const keys = rules.map(keyOf)
  for (const [position, key] of keys.entries()) {
    if (key.fields === 0) irregular.push(position)
    else if (positionsByFields.has(key.fields)) positionsByFields.get(key.fields)?.push(position)
    else positionsByFields.set(key.fields, [position])
  }
  const groups: KeyGroup[] = []
  for (const [fields, positions] of positionsByFields) groups.push(new KeyGroup(fields, positions, keys))
  return { groups, irregular: Int32Array.from(irregular), draws: new DrawRuns(rules, irregular) }
}

/** Ints of a slot: position of the first rule with that key, then the key. */
const SLOT = 4

/** Rules that ask for exact values of the same fields: an open-addressing hash from those values to positions. */
class KeyGroup {
  readonly #hasSource: boolean
  readonly #hasDestination: boolean
  readonly #hasPort: boolean
  /** Per slot: position, source, destination, protocol and port. */
  readonly #slots: Int32Array
  readonly #slotMask: number
  /** Per member, by its place in `positions`: the next member with the same key. */
  readonly #following: Int32Array
  readonly #positions: Int32Array

  constructor(fields: number, positions: readonly number[], keys: readonly RuleKey[]) {
    this.#hasSource = (fields & SOURCE) !== 0
    this.#hasDestination = (fields & DESTINATION) !== 0
    this.#hasPort = (fields & PORT) !== 0
    const capacity = 2 ** Math.ceil(Math.log2(positions.length * 2))
    this.#slotMask = capacity - 1
    this.#slots = new Int32Array(capacity * SLOT).fill(EMPTY)
    this.#positions = Int32Array.from(positions)
    this.#following = new Int32Array(positions.length).fill(EMPTY)
    // From the last to the first, so that each slot ends up with its first member and chains run upwards.
    for (let member = positions.length - 1; member >= 0; member--) {
      const key = keys[positions[member] as number] as RuleKey
      this.#insert(member, key)
    }
  }

  /** The first member that can match the packet; -1 if none can. */
  first(packet: Packet): number {
    const source = this.#hasSource ? packet.source : 0
    const destination = this.#hasDestination ? packet.destination : 0
    const port = this.#hasPort ? (packet.protocol << 16) | packet.destinationPort : 0
    return this.#slots[this.#slotOf(source, destination, port)] as number
  }

  /** The member after this one that can match as well; -1 if there is none. */
  following(member: number): number {
    return this.#following[member] as number
  }

  /** Where the member stands in its segment. */
  position(member: number): number {
    return this.#positions[member] as number
  }

  #insert(member: number, { source, destination, port }: RuleKey): void {
    const slot = this.#slotOf(source, destination, port)
    this.#following[member] = this.#slots[slot] as number
    this.#slots[slot] = member
    this.#slots[slot + 1] = source
    this.#slots[slot + 2] = destination
    this.#slots[slot + 3] = port
  }

  /** The slot of that key, or the empty one where it would go. */
  #slotOf(source: number, destination: number, port: number): number {
    const slots = this.#slots
    let hash = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b) ^ Math.imul(port, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    let at = (hash ^ (hash >>> 13)) & this.#slotMask
    for (;;) {
      const slot = at * SLOT
      if (slots[slot] === EMPTY) return slot
      if (slots[slot + 1] === source && slots[slot + 2] === destination && slots[slot + 3] === port) return slot
      at = (at + 1) & this.#slotMask
    }
  }
}
