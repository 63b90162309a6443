import { formatAddress, type Address } from '../../../kernel/address.ts'
import type { ServicePort } from '../../../proxy/service-port.ts'
import type { World } from '../../world.ts'

/** One way to ask for a Service, in words that are the same in every setting. */
export interface Destination {
  name: string
  /** As `--to` takes it. */
  to: string
  /** Only processes on a node can ask there: a loopback address. */
  isLoopback: boolean
}

/** Every way to ask for that port of a Service, and a few that must fail. */
export function destinationsOf(world: World, port: ServicePort, places: { with: string | undefined; without: string | undefined }): Destination[] {
  const { protocol, clusterIP, nodePort, externalIPs, loadBalancerVIPs } = port
  if (protocol.name === 'sctp') return []
  const scheme = protocol.name
  const unused = unusedPort(world, port)
  const found: Destination[] = []
  const add = (name: string, to: string, isLoopback = false) => found.push({ name, to, isLoopback })
  const addAddress = (name: string, address: Address | undefined) => {
    if (address === undefined) return
    const text = formatAddress(address)
    add(name, `${scheme}://${text}:${port.port}`)
    add(`a port of the ${name} that no Service has`, `${scheme}://${text}:${unused}`)
    add(`ping of the ${name}`, `icmp://${text}`)
  }
  addAddress('clusterIP', clusterIP)
  addAddress('external IP', externalIPs[0])
  addAddress('load balancer address', loadBalancerVIPs[0])
  if (nodePort === 0) return found
  for (const [node, words] of [[places.with, 'with an endpoint'], [places.without, 'without one']] as const) {
    const address = node === undefined ? undefined : world.factsOf(node)?.address
    if (address !== undefined) add(`NodePort on a node ${words}`, `${scheme}://${formatAddress(address)}:${nodePort}`)
  }
  add('NodePort on 127.0.0.1', `${scheme}://127.0.0.1:${nodePort}`, true)
  return found
}

/** The next port that none of the Service's own ports is. */
function unusedPort(world: World, port: ServicePort): number {
  const own = new Set(world.proxies.snapshot.servicePorts.filter(({ service }) => service === port.service).map((each) => each.port))
  let unused = port.port
  while (own.has(unused)) unused = unused === 65_535 ? 1 : unused + 1
  return unused
}
