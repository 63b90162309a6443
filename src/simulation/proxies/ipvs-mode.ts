import type { Address } from '../../kernel/address.ts'
import { IpvsHooks } from '../../kernel/ipvs-hooks.ts'
import { IpvsProxy } from '../../proxy/ipvs.ts'
import { CHECK_INTERVAL } from '../../proxy/ipvs/graceful-termination.ts'
import { ipvsSettings } from '../../proxy/ipvs/settings.ts'
import type { ProxyNode } from '../../proxy/node.ts'
import type { ServiceSnapshot } from '../../proxy/service-snapshot.ts'
import type { Mode } from './mode.ts'
import type { SimulatedNode } from '../machines/node.ts'
import { NodeIpvs } from './node-ipvs.ts'
import { NOTHING, type ProgramCounts } from './program-counts.ts'
import type { Ground } from '../ground.ts'

/** kube-proxy's ipvs mode on all nodes: IPVS, ipsets, kube-ipvs0 and the rules around them. */
export class IpvsMode implements Mode {
  readonly #ground: Ground
  readonly #proxy: IpvsProxy
  /** The set whose addresses were looked at last. */
  #contested: ReadonlySet<Address> | undefined

  constructor(ground: Ground) {
    this.#ground = ground
    this.#proxy = new IpvsProxy(ground.proxyConfig)
  }

  install(node: SimulatedNode, snapshot: ServiceSnapshot, self: ProxyNode): void {
    const program = this.#proxy.program(snapshot, self)
    const { machine, xtables } = node
    node.ipvs ??= this.#start(node)
    node.ipvs.program = program
    machine.routes.bound = program.bound
    this.#contestNodes(program.bound)
    xtables.sets = { get: (name) => program.set(name) }
    xtables.load(program.rules)
    node.ipvs.sync.apply(program.servers, this.#ground.now)
    this.#drain(node.ipvs)
  }

  countRules(snapshot: ServiceSnapshot, self: ProxyNode): number {
    let count = 0
    for (const table of Object.values(this.#proxy.program(snapshot, self).rules.tables)) for (const name of table.chainNames()) count += table.chain(name)?.length ?? 0
    return count
  }

  count(snapshot: ServiceSnapshot, self: ProxyNode): ProgramCounts {
    const program = this.#proxy.program(snapshot, self)
    const sets = program.sets()
    const counts = { ...NOTHING, rules: this.countRules(snapshot, self), sets: sets.length, elements: sets.reduce((sum, { size }) => sum + size, 0), boundAddresses: program.bound.size }
    for (const { servers } of program.servers.all()) {
      counts.virtualServices++
      counts.realServers += servers.length
    }
    return counts
  }

  #start(node: SimulatedNode): NodeIpvs {
    const { ipvs } = new IpvsHooks(node.machine, node.tracking, ipvsSettings(this.#ground.proxyConfig, this.#ground.settings.kernel, this.#ground.settings.sysctls))
    node.xtables.ipvs = ipvs
    return new NodeIpvs(ipvs)
  }

  /** Other nodes' addresses among them (as external IPs): these nodes answer ARP for them too. */
  #contestNodes(bound: ReadonlySet<Address>): void {
    if (bound === this.#contested) return
    this.#contested = bound
    for (const { address } of this.#ground.nodeFacts()) if (bound.has(address)) this.#ground.fabric.contest(address)
  }

  /** Looks after drained servers once a minute, as long as there are any. */
  #drain(ipvs: NodeIpvs): void {
    if (ipvs.isDraining || ipvs.sync.graceful.size === 0) return
    ipvs.isDraining = true
    const { agenda } = this.#ground
    agenda.post(agenda.now + CHECK_INTERVAL, this.#check, ipvs)
  }

  readonly #check = (ipvs: NodeIpvs): void => {
    ipvs.isDraining = false
    ipvs.sync.graceful.check(this.#ground.now)
    this.#drain(ipvs)
  }
}
