import type { Address } from '../../kernel/address.ts'
import type { ServicePort } from '../../proxy/service-port.ts'
import { LoadBalancer } from '../../wire/balancer.ts'
import { HealthChecks, type CheckResult } from '../../wire/health-check.ts'
import type { NodeFacts } from '../machines/node-facts.ts'
import type { Proxies } from '../proxies/proxies.ts'
import type { Ground } from '../ground.ts'

/**
 * A cloud's load balancer. It knows nothing but what its health checks tell: kube-proxy's own health, or for Services
 * with externalTrafficPolicy Local what the Service's health check node port says (KEP-1669).
 */
export class Balancing {
  readonly balancer: LoadBalancer
  readonly #ground: Ground
  readonly #proxies: Proxies
  /** By the balanced address; the checks of Services with the Cluster policy are the same for all. */
  readonly #checks = new Map<Address, HealthChecks<Address>>()
  #ofNodes: HealthChecks<Address> | undefined

  /** `address`: its own, on the nodes' network. */
  constructor(ground: Ground, proxies: Proxies, address: Address) {
    this.#ground = ground
    this.#proxies = proxies
    this.balancer = new LoadBalancer(ground.fabric, address, (destination) => this.#checksFor(destination).usable)
  }

  #checksFor(destination: Address): HealthChecks<Address> {
    let checks = this.#checks.get(destination)
    if (checks === undefined) this.#checks.set(destination, (checks = this.#start(destination)))
    return checks
  }

  #start(destination: Address): HealthChecks<Address> {
    const port = this.#proxies.snapshot.servicePorts.find(({ loadBalancerVIPs }) => loadBalancerVIPs.includes(destination))
    if (port?.externalPolicyLocal !== true) return (this.#ofNodes ??= this.#check('nodes', (node) => this.#askNode(node)))
    return this.#check(port.service, (node) => this.#askForEndpoints(node, port))
  }

  #check(name: string, ask: (node: NodeFacts) => CheckResult): HealthChecks<Address> {
    const ground = this.#ground
    const nodes = new Map(ground.nodeFacts().map((facts) => [facts.address, facts]))
    const random = ground.streams.stream(`health checks/${name}`)
    const askAt = (address: Address): CheckResult => {
      const facts = nodes.get(address)
      return facts === undefined || !ground.isReachable(facts.name) ? 'silent' : ask(facts)
    }
    return new HealthChecks(ground.agenda, ground.scenario.cluster.loadBalancer.healthCheck, [...nodes.keys()], askAt, random)
  }

  #askNode({ name }: NodeFacts): CheckResult {
    return this.#proxies.isUp(name) ? 'pass' : 'fail'
  }

  /** What drains does not count, so that balancers turn away while the node still forwards to it. */
  #askForEndpoints({ name }: NodeFacts, { service }: ServicePort): CheckResult {
    const proxies = this.#proxies
    if (!proxies.isUp(name)) return 'fail'
    const ports = proxies.knownBy(name).servicePorts.filter((port) => port.service === service)
    return ports.some(({ endpoints }) => endpoints.some(({ ready, nodeName }) => ready && nodeName === name)) ? 'pass' : 'fail'
  }
}
