import { formatAddress, parseAddress, type Address } from '../../../kernel/address.ts'
import type { ServicePort } from '../../../proxy/service-port.ts'
import type { ProbeResult } from '../../../report/probe-meter.ts'
import type { World } from '../../world.ts'
import type { Source } from './sources.ts'

/** What a caller gets, in words without names and addresses, so that it can be held against other settings and other Services. */
export function outcomeOf(world: World, port: ServicePort, source: Source, result: ProbeResult): string {
  const failures = Object.keys(result.failures).map((failure) => failure.replace(ADDRESS, (address) => whoRefuses(world, port, address)))
  if (result.ok === 0) return failures.join(', ')
  const sources = new Set(Object.keys(result.sources_seen).map((seen) => who(world, port, source, seen.slice(seen.lastIndexOf(' ') + 1))))
  const seen = sources.size === 0 ? '' : `, which sees ${[...sources].sort().join(' or ')}`
  const partly = failures.length === 0 ? '' : `; at times ${failures.join(', ')}`
  return `answered by ${answerer(world, port, source, Object.keys(result.backends))}${seen}${partly}`
}

const ADDRESS = /\d+\.\d+\.\d+\.\d+/g

/** Which of those that could answer did. */
function answerer(world: World, port: ServicePort, source: Source, backends: readonly string[]): string {
  const [first = ''] = backends
  if (world.factsOf(first) !== undefined) return first === source.node ? 'its own node' : 'the node asked'
  const ready = port.endpoints.filter((endpoint) => endpoint.ready || (endpoint.serving && endpoint.terminating))
  if (ready.length <= 1) return 'its endpoint'
  const nodes = new Set(ready.map(({ nodeName }) => nodeName))
  const places = endpointNodes(world, port)
  const answered = new Set(backends.map((name) => places.get(name)))
  if (backends.length === 1) return 'one endpoint, always the same'
  return nodes.size > 1 && answered.size === 1 ? 'the endpoints of one node alone' : 'any endpoint'
}

/** Where the pods behind the port run, by their names. */
function endpointNodes(world: World, port: ServicePort): Map<string, string | undefined> {
  const addresses = new Set(port.endpoints.map(({ address }) => formatAddress(address)))
  const pods = world.cluster.store.list('Pod').filter(({ status }) => addresses.has(status.podIP ?? ''))
  return new Map(pods.map((pod) => [pod.metadata.name, pod.spec.nodeName]))
}

function whoRefuses(world: World, port: ServicePort, text: string): string {
  if (isServiceAddress(port, parseAddress(text))) return 'the service address'
  if (text.startsWith('127.')) return 'a loopback address'
  return nodeOf(world, text) === undefined ? 'another address' : 'a node'
}

/** The address that a backend sees, in words. */
function who(world: World, port: ServicePort, source: Source, text: string): string {
  if (text === source.address) return "the caller's own address"
  if (isServiceAddress(port, parseAddress(text))) return 'the service address'
  if (text.startsWith('127.')) return 'a loopback address'
  const node = nodeOf(world, text)
  if (node === undefined) return 'another address'
  return node === source.node ? "another address of the caller's node" : "a node's address"
}

function isServiceAddress({ clusterIP, externalIPs, loadBalancerVIPs }: ServicePort, address: Address | undefined): boolean {
  return address !== undefined && [clusterIP, ...externalIPs, ...loadBalancerVIPs].includes(address)
}

/** The node that has this address, or is its pods' gateway. */
function nodeOf(world: World, text: string): string | undefined {
  const address = parseAddress(text)
  return world.nodeFacts().find((facts) => facts.address === address || (facts.podCIDR !== undefined && facts.podCIDR.network + 1 === address))?.name
}
