import { addressOf } from '../../kernel/address.ts'
import { parseIptablesSave } from '../../kernel/rules/iptables-save/parse.ts'
import type { Ruleset } from '../../kernel/rules/program.ts'
import { AddressOnlyInterface } from '../../kernel/address-only-interface.ts'
import type { DnsProcess } from '../../dns/coredns/process.ts'
import type { SimulatedNode } from '../machines/node.ts'

const DEVICE = 'nodelocaldns'
const HEALTH_PORT = 8080

/**
 * NodeLocal DNSCache on one node: its process, a dummy device with the addresses that it serves, and rules that keep
 * packets for them away from connection tracking, and with it from all NAT.
 */
export class NodeCache {
  readonly #node: SimulatedNode
  readonly #addresses: readonly string[]
  readonly #rules: Ruleset
  readonly #start: () => DnsProcess
  #process: DnsProcess | undefined

  /** `start` runs the process on the node's sockets; `rules` are those of `nodeCacheRules` for these addresses. */
  constructor(node: SimulatedNode, addresses: readonly string[], rules: Ruleset, start: () => DnsProcess) {
    this.#node = node
    this.#addresses = addresses
    this.#rules = rules
    this.#start = start
    this.run()
  }

  /** The process starts: it makes the device and the rules anew where they are missing, and then listens. */
  run(): void {
    if (this.#process !== undefined) return
    const { machine, xtables } = this.#node
    if (!machine.interfaces.some(({ name }) => name === DEVICE)) this.#addDevice()
    xtables.keepInFront(this.#rules)
    this.#process = this.#start()
  }

  /** Killed (out of memory, a crash): device and rules stay, and nobody listens behind them. */
  crash(): void {
    this.#process?.kill()
    this.#process = undefined
  }

  /** SIGTERM: it takes its device and rules away before it ends. */
  stop(): void {
    this.crash()
    const { machine, xtables } = this.#node
    xtables.keepInFront(undefined)
    for (const address of this.#addresses) machine.routes.removeLocal(addressOf(address))
    const at = machine.interfaces.findIndex(({ name }) => name === DEVICE)
    if (at >= 0) machine.interfaces.splice(at, 1)
  }

  #addDevice(): void {
    const { machine } = this.#node
    const device = new AddressOnlyInterface('dummy', DEVICE)
    for (const address of this.#addresses) {
      device.addresses.push(addressOf(address))
      machine.routes.addLocal(addressOf(address))
    }
    machine.interfaces.push(device)
  }
}

const SKIP = '-m comment --comment "NodeLocal DNS Cache: skip conntrack"'
const ALLOW = '-m comment --comment "NodeLocal DNS Cache: allow DNS traffic"'

/** The rules that node-cache puts in front of others' (kubernetes/dns cmd/node-cache/app/cache_app.go), the same on all nodes. */
export function nodeCacheRules(addresses: readonly string[]): Ruleset {
  const protocols = ['tcp', 'udp']
  const each = (rule: (address: string, protocol: string) => string) => addresses.flatMap((address) => protocols.map((protocol) => rule(`${address}/32`, protocol)))
  const health = addresses.flatMap((address) => [
    `-A OUTPUT -p tcp -d ${address}/32 -m tcp --dport ${HEALTH_PORT} ${SKIP} -j NOTRACK`,
    `-A OUTPUT -p tcp -s ${address}/32 -m tcp --sport ${HEALTH_PORT} ${SKIP} -j NOTRACK`,
  ])
  const lines = [
    '*raw',
    ':PREROUTING ACCEPT',
    ':OUTPUT ACCEPT',
    ...each((address, protocol) => `-A PREROUTING -d ${address} -p ${protocol} -m ${protocol} --dport 53 ${SKIP} -j NOTRACK`),
    ...each((address, protocol) => `-A OUTPUT -s ${address} -p ${protocol} -m ${protocol} --sport 53 ${SKIP} -j NOTRACK`),
    ...each((address, protocol) => `-A OUTPUT -d ${address} -p ${protocol} -m ${protocol} --dport 53 ${SKIP} -j NOTRACK`),
    ...health,
    'COMMIT',
    '*filter',
    ':INPUT ACCEPT',
    ':OUTPUT ACCEPT',
    ...each((address, protocol) => `-A INPUT -d ${address} -p ${protocol} -m ${protocol} --dport 53 ${ALLOW} -j ACCEPT`),
    ...each((address, protocol) => `-A OUTPUT -s ${address} -p ${protocol} -m ${protocol} --sport 53 ${ALLOW} -j ACCEPT`),
    'COMMIT',
  ]
  return parseIptablesSave(lines.join('\n'))
}
