import type { ProxyNode } from '../../proxy/node.ts'
import type { ServiceSnapshot } from '../../proxy/service-snapshot.ts'
import { countUserspaceRules, userspaceRules } from '../../proxy/userspace.ts'
import { ProxyProcess } from '../../proxy/userspace/process.ts'
import type { Mode } from './mode.ts'
import type { SimulatedNode } from '../machines/node.ts'
import { NOTHING, type ProgramCounts } from './program-counts.ts'
import type { Ground } from '../ground.ts'

/** kube-proxy's userspace mode on all nodes: a process with sockets on each, and rules that lead to it. */
export class UserspaceMode implements Mode {
  readonly #ground: Ground
  /** A node that boots is another object, without a process. */
  readonly #processes = new WeakMap<SimulatedNode, ProxyProcess>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  install(node: SimulatedNode, snapshot: ServiceSnapshot, { primaryAddress }: ProxyNode): void {
    const process = this.#processes.get(node) ?? this.#start(node)
    process.sync(snapshot)
    node.xtables.load(userspaceRules(process.ports(), primaryAddress))
  }

  countRules(snapshot: ServiceSnapshot): number {
    return countUserspaceRules(snapshot)
  }

  count(snapshot: ServiceSnapshot): ProgramCounts {
    return { ...NOTHING, rules: this.countRules(snapshot) }
  }

  #start(node: SimulatedNode): ProxyProcess {
    const { proxyConfig, agenda, streams } = this.#ground
    const process = new ProxyProcess(proxyConfig, agenda, node.stack, streams.stream(`kube-proxy/${node.facts.name}`))
    this.#processes.set(node, process)
    return process
  }
}
