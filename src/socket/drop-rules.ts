import { ACK, FIN, RST, SYN, type Packet } from '../kernel/packet.ts'

export type Side = 'client' | 'server'

/** One rule: which packets of a class count, and which numbers among them are lost. */
interface Rule {
  sides: readonly Side[]
  matches(packet: Packet, isAfterBothFins: boolean): boolean
  numbers: readonly number[]
  /** All from this number on. */
  from: number
  seen: number
}

const SIDES: Readonly<Record<string, readonly Side[]>> = { c: ['client'], s: ['server'], b: ['client', 'server'] }

const CLASSES: Readonly<Record<string, Rule['matches']>> = {
  syn: (packet) => (packet.tcpFlags & (SYN | ACK)) === SYN,
  synack: (packet) => (packet.tcpFlags & (SYN | ACK)) === (SYN | ACK),
  ack: isPureAck,
  data: (packet) => packet.length > 0,
  fin: (packet) => (packet.tcpFlags & FIN) !== 0,
  lastack: (packet, isAfterBothFins) => isAfterBothFins && isPureAck(packet),
}

/**
 * Which packets a pipe loses. A rule is `side:class:numbers`: side c, s or b; class syn, synack, ack (nothing else in
 * it), data, fin or lastack; numbers like `1,3` or `2+`, counting that class from 1, retransmissions included.
 * `b:bh:75000` loses everything after so many microseconds.
 */
export class DropRules {
  readonly #rules: Rule[] = []
  readonly #blackHoles: { sides: readonly Side[]; after_us: number }[] = []
  readonly #finsSeen = new Set<Side>()

  /** Throws a TypeError for a text that is not a rule. */
  constructor(texts: readonly string[]) {
    for (const text of texts) this.#add(text)
  }

  /** Whether this packet is lost; every packet is to be shown once, in the order of sending. */
  drops(packet: Packet, side: Side, elapsed_us: number): boolean {
    const isAfterBothFins = this.#finsSeen.size === 2
    if ((packet.tcpFlags & FIN) !== 0) this.#finsSeen.add(side)
    let isDropped = this.#blackHoles.some((hole) => hole.sides.includes(side) && elapsed_us >= hole.after_us)
    for (const rule of this.#rules) {
      if (!rule.sides.includes(side) || !rule.matches(packet, isAfterBothFins)) continue
      rule.seen++
      if (rule.seen >= rule.from || rule.numbers.includes(rule.seen)) isDropped = true
    }
    return isDropped
  }

  #add(text: string): void {
    const [side = '', kind = '', list = ''] = text.split(':')
    const sides = Object.hasOwn(SIDES, side) ? SIDES[side] : undefined
    const matches = Object.hasOwn(CLASSES, kind) ? CLASSES[kind] : undefined
    const numbers = list.split(',')
    if (sides === undefined || !numbers.every((number) => /^\d+\+?$/.test(number))) throw notARule(text)
    if (kind === 'bh') {
      this.#blackHoles.push({ sides, after_us: Number(list) })
      return
    }
    if (matches === undefined) throw notARule(text)
    const open = numbers.filter((number) => number.endsWith('+')).map((number) => Number.parseInt(number, 10))
    const closed = numbers.filter((number) => !number.endsWith('+')).map(Number)
    this.#rules.push({ sides, matches, numbers: closed, from: Math.min(...open, Number.POSITIVE_INFINITY), seen: 0 })
  }
}

function notARule(text: string): TypeError {
  return new TypeError(`not a drop rule: ${text} (write SIDE:CLASS:NUMBERS, such as c:syn:1 or s:data:5,7+; sides are c, s and b, classes ${Object.keys(CLASSES).join(', ')} and bh)`)
}

function isPureAck(packet: Packet): boolean {
  return packet.length === 0 && (packet.tcpFlags & (SYN | FIN | RST | ACK)) === ACK
}
