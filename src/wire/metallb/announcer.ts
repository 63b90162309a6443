import type { Agenda, Nanos } from '../../engine/agenda.ts'
import type { Address } from '../../kernel/address.ts'
import type { Arp } from '../arp.ts'
import type { EthernetPort } from '../port.ts'

/** How long and how often a speaker repeats that it has an address now (internal/layer2/announcer.go, spamLoop). */
const SPAM_TIME: Nanos = 5e9
const SPAM_INTERVAL: Nanos = 1.1e9

interface Spam {
  node: string
  address: Address
  until: Nanos
}

/** What the speakers of MetalLB announce, all nodes' taken together. */
export class Announcer {
  readonly #agenda: Agenda
  readonly #arp: Arp
  readonly #portOf: (node: string) => EthernetPort | undefined
  readonly #nodes = new Map<Address, Set<string>>()
  readonly #spams = new Map<string, Spam>()

  constructor(agenda: Agenda, arp: Arp, portOf: (node: string) => EthernetPort | undefined) {
    this.#agenda = agenda
    this.#arp = arp
    this.#portOf = portOf
  }

  /** The nodes that answer for the address: more than one only while they do not agree. */
  nodesOf(address: Address): ReadonlySet<string> {
    return this.#nodes.get(address) ?? NOBODY
  }

  /** The node has announced the address for long. */
  settle(node: string, address: Address): void {
    const nodes = this.#nodes.get(address)
    if (nodes === undefined) this.#nodes.set(address, new Set([node]))
    else nodes.add(node)
  }

  /** The node answers for the address, and says so unasked; every time it is told again, for five seconds more. */
  announce(node: string, address: Address): void {
    this.settle(node, address)
    const key = `${node} ${address}`
    const until = this.#agenda.now + SPAM_TIME
    const running = this.#spams.get(key)
    if (running !== undefined) {
      running.until = until
      return
    }
    const spam = { node, address, until }
    this.#spams.set(key, spam)
    this.#repeat(spam)
  }

  withdraw(node: string, address: Address): void {
    this.#nodes.get(address)?.delete(node)
  }

  /** The node's speaker starts anew, with nothing. */
  forget(node: string): void {
    for (const nodes of this.#nodes.values()) nodes.delete(node)
  }

  readonly #repeat = (spam: Spam): void => {
    const { node, address, until } = spam
    const { now } = this.#agenda
    if (now > until || !this.nodesOf(address).has(node)) {
      this.#spams.delete(`${node} ${address}`)
      return
    }
    const port = this.#portOf(node)
    if (port !== undefined) this.#arp.announce(port, address)
    this.#agenda.post(now + SPAM_INTERVAL, this.#repeat, spam)
  }
}

const NOBODY: ReadonlySet<string> = new Set()
