import type { Pod } from '../../../cluster/api/object.ts'
import { formatAddress } from '../../../kernel/address.ts'
import type { ServicePort } from '../../../proxy/service-port.ts'
import type { World } from '../../world.ts'

/** One kind of caller, in words that are the same in every setting. */
export interface Source {
  name: string
  /** As `--from` takes it. */
  from: string
  /** The node that a machine outside hands service addresses to. */
  via: string | undefined
  /** Where the caller runs; undefined outside the cluster. */
  node: string | undefined
  /** As text. */
  address: string
  kind: 'pod' | 'node' | 'client'
}

/** The first node that has a ready endpoint of the port, and the first that has none. */
export function placesOf(world: World, port: ServicePort): { with: string | undefined; without: string | undefined } {
  const occupied = new Set(port.endpoints.filter(({ ready }) => ready).map(({ nodeName }) => nodeName))
  const names = world.nodeFacts().map(({ name }) => name)
  return { with: names.find((name) => occupied.has(name)), without: names.find((name) => !occupied.has(name)) }
}

/** A caller of each kind that the cluster has. */
export function sourcesOf(world: World, port: ServicePort, places: { with: string | undefined; without: string | undefined }): Source[] {
  const endpoints = new Set(port.endpoints.map(({ address }) => formatAddress(address)))
  const pods = world.cluster.store.list('Pod').filter((pod) => pod.spec.hostNetwork !== true && pod.status.podIP !== undefined && world.factsOf(pod.spec.nodeName ?? '') !== undefined)
  const others = pods.filter((pod) => !endpoints.has(pod.status.podIP ?? ''))
  const occupied = new Set(port.endpoints.map(({ nodeName }) => nodeName))
  const found = [
    podSource('a pod beside an endpoint', others.find((pod) => occupied.has(pod.spec.nodeName))),
    podSource('a pod on another node', others.find((pod) => !occupied.has(pod.spec.nodeName))),
    podSource('an endpoint itself', pods.find((pod) => endpoints.has(pod.status.podIP ?? ''))),
    nodeSource(world, 'a process on a node with an endpoint', places.with),
    nodeSource(world, 'a process on a node without one', places.without),
    clientSource(world, 'a client outside, by a node with an endpoint', places.with),
    clientSource(world, 'a client outside, by a node without one', places.without),
  ]
  return found.filter((source) => source !== undefined)
}

function podSource(name: string, pod: Pod | undefined): Source | undefined {
  if (pod === undefined) return undefined
  return { name, from: `pod/${pod.metadata.namespace}/${pod.metadata.name}`, via: undefined, node: pod.spec.nodeName, address: pod.status.podIP ?? '', kind: 'pod' }
}

function nodeSource(world: World, name: string, node: string | undefined): Source | undefined {
  const facts = node === undefined ? undefined : world.factsOf(node)
  return facts === undefined ? undefined : { name, from: `node/${facts.name}`, via: undefined, node: facts.name, address: formatAddress(facts.address), kind: 'node' }
}

function clientSource(world: World, name: string, via: string | undefined): Source | undefined {
  const [client] = world.outside.clients.values()
  if (client === undefined || via === undefined) return undefined
  return { name, from: `client/${client.name}`, via, node: undefined, address: formatAddress(client.address), kind: 'client' }
}
