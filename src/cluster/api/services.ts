import { addressNumber, addressText, type AddressRange } from './cidr.ts'
import type { Problem } from '../controllers/control.ts'
import { LoadBalancerAddresses } from './load-balancer-addresses.ts'
import { refOf, type Service } from './object.ts'
import { Pool, PoolExhausted } from './pool.ts'
import type { Store } from './store.ts'

const NODE_PORT_FIRST = 30_000
const NODE_PORT_LAST = 32_767

/** Addresses that Kubernetes' own Services get when they do not ask: first and tenth of the service CIDR. */
const WELL_KNOWN: { readonly [service: string]: number } = { 'default/kubernetes': 1, 'kube-system/kube-dns': 10 }

/**
 * Gives Services what they did not bring: a ClusterIP, node ports, a health check port, and an address outside
 * if there is a pool for them. What they did bring is theirs, unless somebody else has it already.
 */
export class ServiceAllocator {
  readonly #range: AddressRange
  readonly #clusterIPs: Pool
  readonly #nodePorts: Pool
  readonly #ingress: LoadBalancerAddresses
  readonly #problems: Problem[]

  constructor(store: Store, problems: Problem[], range: AddressRange, ingress: readonly AddressRange[]) {
    this.#range = range
    this.#problems = problems
    this.#clusterIPs = new Pool(
      `the service CIDR (${addressText(range.first)} to ${addressText(range.last)})`,
      range.first + 1,
      range.last - 1,
    )
    for (const offset of Object.values(WELL_KNOWN)) this.#clusterIPs.reserve(range.first + offset)
    this.#nodePorts = new Pool(`the node port range ${NODE_PORT_FIRST}-${NODE_PORT_LAST}`, NODE_PORT_FIRST, NODE_PORT_LAST)
    this.#ingress = new LoadBalancerAddresses(store, ingress)
    store.watch('Service', ({ before, after }) => {
      if (before !== undefined && after === undefined) this.#release(before)
    })
  }

  /** Marks what the Service brings as taken. Comes before anything is allocated, so that nobody is given it. */
  reserve(service: Service): void {
    const clusterIP = addressNumber(service.spec.clusterIP ?? '')
    if (clusterIP !== undefined && !this.#isWellKnown(service, clusterIP) && !this.#clusterIPs.reserve(clusterIP)) {
      this.#complain(service, `spec.clusterIP ${service.spec.clusterIP} belongs to another Service already`)
    }
    for (const port of portsOf(service)) {
      if (!this.#nodePorts.reserve(port)) this.#complain(service, `node port ${port} belongs to another Service already`)
    }
    for (const address of ingressOf(service)) this.#ingress.hold(service, address)
  }

  /** Fills in what is missing; a pool that has run out is a problem, and the field stays empty. */
  complete(service: Service): Service {
    try {
      return this.#complete(service)
    } catch (error) {
      if (!(error instanceof PoolExhausted)) throw error
      this.#problems.push({ message: error.message, ref: refOf(service), isRefused: true })
      return service
    }
  }

  /** A new version of a Service keeps what was allocated to the old one, as far as it does not say otherwise. */
  replace(before: Service, service: Service): Service {
    const ports = (service.spec.ports ?? []).map((port) => {
      const old = before.spec.ports?.find((other) => other.port === port.port && other.protocol === port.protocol)
      return old?.nodePort && !port.nodePort && needsNodePorts(service) ? { ...port, nodePort: old.nodePort } : port
    })
    const kept = { ...service, spec: { ...service.spec, ports } }
    this.#release(before)
    this.reserve(kept)
    return this.complete(kept)
  }

  #complete(service: Service): Service {
    const { spec } = service
    if (spec.type === 'ExternalName') return service
    const name = `${service.metadata.namespace}/${service.metadata.name}`
    const filled = { ...spec }
    if (!filled.clusterIP) filled.clusterIP = this.#clusterIPFor(name)
    filled.clusterIPs ??= [filled.clusterIP]
    if (needsNodePorts(service)) {
      filled.ports = (spec.ports ?? []).map((port) =>
        port.nodePort ? port : { ...port, nodePort: this.#nodePorts.takeFor(`${name}:${port.name ?? ''}/${port.protocol}`) },
      )
    }
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
      filled.healthCheckNodePort ??= this.#nodePorts.takeFor(`${name} health check`)
    }
    return this.assignIngress({ ...service, spec: filled })
  }

  #clusterIPFor(name: string): string {
    const offset = WELL_KNOWN[name]
    return addressText(offset === undefined ? this.#clusterIPs.takeFor(name) : this.#range.first + offset)
  }

  /** A LoadBalancer Service that has no address outside gets one, if somebody gives any; else it stays as it is. */
  assignIngress(service: Service): Service {
    if (service.spec.type !== 'LoadBalancer' || service.status.loadBalancer?.ingress?.length) return service
    const ip = this.#ingress.assign(service)
    if (ip === undefined) return service
    if (typeof ip !== 'string') {
      this.#complain(service, `EXTERNAL-IP stays <pending>: ${ip.refused}`)
      return service
    }
    const assigned = { ...service, status: { ...service.status, loadBalancer: { ingress: [{ ip }] } } }
    for (const address of ingressOf(assigned)) this.#ingress.hold(assigned, address)
    return assigned
  }

  #isWellKnown(service: Service, clusterIP: number): boolean {
    const offset = WELL_KNOWN[`${service.metadata.namespace}/${service.metadata.name}`]
    return offset !== undefined && clusterIP === this.#range.first + offset
  }

  #release(service: Service): void {
    const clusterIP = addressNumber(service.spec.clusterIP ?? '')
    if (clusterIP !== undefined && !this.#isWellKnown(service, clusterIP)) this.#clusterIPs.release(clusterIP)
    for (const port of portsOf(service)) this.#nodePorts.release(port)
    for (const address of ingressOf(service)) this.#ingress.release(service, address)
  }

  #complain(service: Service, message: string): void {
    this.#problems.push({ message, ref: refOf(service) })
  }
}

function needsNodePorts(service: Service): boolean {
  const { type, allocateLoadBalancerNodePorts } = service.spec
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
}

/** The node ports a Service holds. One number may serve several of its own ports (TCP and UDP). */
function portsOf(service: Service): Set<number> {
  const ports = (service.spec.ports ?? []).map((port) => port.nodePort ?? 0)
  return new Set([...ports, service.spec.healthCheckNodePort ?? 0].filter((port) => port !== 0))
}

function ingressOf(service: Service): number[] {
  const addresses = (service.status.loadBalancer?.ingress ?? []).map((ingress) => addressNumber(ingress.ip ?? ''))
  return addresses.filter((address) => address !== undefined)
}
