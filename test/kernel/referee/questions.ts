import type { KubeObject, Node, Pod, Service } from '../../../src/cluster/api/object.ts'

/** Who asks whom: words of `kubehop probe`. */
export interface Question {
  readonly from: string
  readonly to: string
  readonly via: string | undefined
  /** How many outcomes chance may choose from, at most. */
  readonly endpoints: number
  /** With session affinity attempts follow one another, and all end alike. */
  readonly isSticky: boolean
}

export interface LabObjects {
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly services: readonly Service[]
}

interface Target {
  readonly to: string
  /** The part of the cluster that it reaches: the caller's own machine, or a machine's own address, which needs no next hop. */
  readonly only?: 'nodes' | 'direct'
  readonly service?: Service
}

const UNDEFINED_PORT = 81

export function labObjects(objects: readonly KubeObject[]): LabObjects {
  // The lab's file is known to hold these kinds in their full shape.
  const ofKind = <T>(kind: string) => objects.filter((object) => object.kind === kind) as unknown as T[]
  return { nodes: ofKind<Node>('Node'), pods: ofKind<Pod>('Pod'), services: ofKind<Service>('Service') }
}

/** Every caller × every address and port that a Service has, and those that it has not. */
export function questionsAbout(lab: LabObjects): Question[] {
  const targets = [...lab.services.flatMap((service) => targetsOf(service, lab)), ...plainTargets(lab)]
  return [...insiders(lab), 'client/client'].flatMap((from) => targets.flatMap((target) => ask(from, target, lab)))
}

function insiders({ pods, nodes }: LabObjects): string[] {
  const own = pods.filter((pod) => pod.spec.hostNetwork !== true)
  return [...own.map((pod) => `pod/${pod.metadata.namespace}/${pod.metadata.name}`), ...nodes.map((node) => `node/${node.metadata.name}`)]
}

function ask(from: string, { to, only, service }: Target, { nodes }: LabObjects): Question[] {
  if (only === 'nodes' && !from.startsWith('node/')) return []
  const vias = from.startsWith('client/') && only === undefined ? nodes.map((node) => node.metadata.name) : [undefined]
  // In these objects no Service has more than three endpoints.
  return vias.map((via) => ({ from, to, via, endpoints: service === undefined ? 1 : 3, isSticky: service?.spec.sessionAffinity === 'ClientIP' }))
}

function targetsOf(service: Service, lab: LabObjects): Target[] {
  const { clusterIP, externalIPs = [], type } = service.spec
  if (type === 'ExternalName' || clusterIP === undefined || clusterIP === 'None') return []
  const balanced = (service.status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  return [...[clusterIP, ...balanced, ...externalIPs].flatMap((address) => portal(service, address)), ...nodePorts(service, lab)]
}

/** An address of the Service's: its ports, a port that it has not, the other protocol, a ping. */
function portal(service: Service, address: string): Target[] {
  const ports = (service.spec.ports ?? []).map(({ port, protocol }) => `${(protocol ?? 'TCP').toLowerCase()}://${address}:${port}`)
  const others = (service.spec.ports ?? []).map(({ port, protocol }) => `${protocol === 'UDP' ? 'tcp' : 'udp'}://${address}:${port}`)
  return [...new Set([...ports, ...others, `tcp://${address}:${UNDEFINED_PORT}`, `icmp://${address}`])].map((to) => ({ to, service }))
}

/** NodePorts at each node's own address, at its pods' gateway, at localhost. */
function nodePorts(service: Service, { nodes }: LabObjects): Target[] {
  return (service.spec.ports ?? []).flatMap(({ nodePort, protocol }) => {
    if (nodePort === undefined) return []
    const at = (address: string) => `${(protocol ?? 'TCP').toLowerCase()}://${address}:${nodePort}`
    return [
      ...nodes.flatMap((node): Target[] => [{ to: at(addressOf(node)), only: 'direct', service }, { to: at(gatewayOf(node)), only: 'direct', service }]),
      { to: at('127.0.0.1'), only: 'nodes', service },
    ]
  })
}

/** No Service in it. */
function plainTargets({ nodes, pods }: LabObjects): Target[] {
  const pod = pods.map(({ status }) => status.podIP ?? '')
  const machines = [...pod, ...nodes.map(gatewayOf)]
  return [
    ...pod.flatMap((address): Target[] => [{ to: `tcp://${address}:8080`, only: 'direct' }, { to: `tcp://${address}:8099`, only: 'direct' }, { to: `udp://${address}:8053`, only: 'direct' }, { to: `udp://${address}:8099`, only: 'direct' }]),
    ...machines.map((address): Target => ({ to: `icmp://${address}`, only: 'direct' })),
    ...['tcp://10.96.99.99:80', 'udp://10.96.99.99:53', 'icmp://10.96.99.99'].map((to): Target => ({ to })),
    ...['tcp://127.0.0.1:8080', 'udp://127.0.0.1:8099', 'icmp://127.0.0.1'].map((to): Target => ({ to, only: 'nodes' })),
  ]
}

export function addressOf(node: Node): string {
  return node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''
}

/** The node's end of every pod's veth pair. */
export function gatewayOf(node: Node): string {
  return (node.spec.podCIDR ?? '').replace(/\.0\/\d+$/, '.1')
}
