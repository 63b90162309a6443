import type { KubeObject } from '../../src/cluster/api/object.ts'
import { addressOf } from '../../src/kernel/address.ts'
import { readInput } from '../../src/simulation/read-input.ts'
import { World } from '../../src/simulation/world.ts'
import { failureKind } from '../../src/socket/errors.ts'
import type { Stack } from '../../src/socket/stack.ts'
import type { TcpSocket } from '../../src/socket/tcp/socket.ts'
import type { UdpSocket } from '../../src/socket/udp.ts'
import type { Answer } from '../../src/traffic/message.ts'

/** A cluster whose endpoints a test changes while sockets are open: a client and two backends, each on a node of its own. */

export const VIP = '10.96.1.40'
export const SECOND = 1e9
/** As the recorded probes waited. */
const PATIENCE = 1.5 * SECOND

export type Protocol = 'TCP' | 'UDP'

export function service(protocol: Protocol): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'dyn', namespace: 'default' }, spec: { clusterIP: VIP, ports: [{ name: 'p', port: 53, targetPort: 9000, protocol }] } }
}

/** The Service's slice with these pods as endpoints. */
export function slice(protocol: Protocol, ...pods: string[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'dyn-0', namespace: 'default', labels: { 'kubernetes.io/service-name': 'dyn' } },
    addressType: 'IPv4',
    ports: [{ name: 'p', port: 9000, protocol }],
    endpoints: pods.map((pod) => ({ addresses: [ADDRESSES[pod]], conditions: { ready: true, serving: true, terminating: false }, nodeName: `node-${pod[4]}` })),
  }
}

const ADDRESSES: Record<string, string> = { 'pod-a1': '10.244.1.12', 'pod-b1': '10.244.2.12', 'pod-c1': '10.244.3.12' }

function pod(name: string, protocol: Protocol): KubeObject {
  const node = { a: 'node-a', b: 'node-b', c: 'node-c' }[name[4] ?? ''] ?? ''
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: node, containers: [{ name: 'c', ports: [{ containerPort: 9000, protocol }] }] },
    status: { phase: 'Running', podIP: ADDRESSES[name], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function node(name: string, n: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDR: `10.244.${n}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: `172.18.0.${n + 1}` }], conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

export class Dynamic {
  readonly world: World
  readonly #stack: Stack

  constructor(protocol: Protocol, objects: KubeObject[], settings: Record<string, unknown> = {}) {
    const input = readInput({
      given: [...['node-a', 'node-b', 'node-c'].map((name, i) => node(name, i + 1)), ...Object.keys(ADDRESSES).map((name) => pod(name, protocol)), ...objects],
      settings: Object.entries(settings).map(([path, value]) => ({ path, value })),
    })
    this.world = new World(input)
    const client = this.world.cluster.store.get('Pod', 'default', 'pod-a1')
    const stack = client === undefined ? undefined : this.world.pods.stackOf(client)
    if (stack === undefined) throw new Error('the client has no sockets')
    this.#stack = stack
  }

  /** A change at the API server, and time for every kube-proxy to follow it. */
  apply(...objects: KubeObject[]): void {
    for (const object of objects) this.world.cluster.apply(object)
    this.wait(4 * SECOND)
  }

  delete(kind: string, name: string): void {
    this.world.cluster.store.delete(kind, 'default', name)
    this.wait(4 * SECOND)
  }

  wait(ns: number): void {
    this.world.agenda.run(this.world.now + ns)
  }

  connect(): Connection {
    return new Connection(this, this.#stack)
  }

  udp(port: number): Datagrams {
    return new Datagrams(this, this.#stack, port)
  }
}

/** A TCP connection that stays open from question to question. */
export class Connection {
  readonly #dynamic: Dynamic
  readonly #socket: TcpSocket
  #outcome: string | undefined

  constructor(dynamic: Dynamic, stack: Stack) {
    this.#dynamic = dynamic
    this.#socket = stack.connect({
      destination: addressOf(VIP),
      port: 53,
      handler: {
        onMessage: (_, message) => void (this.#outcome = (message as Answer).backend),
        onError: (_, error) => void (this.#outcome = failureKind(error)),
      },
      context: undefined,
    })
  }

  /** Who answers, or what the caller's system call says. */
  ask(): string {
    if (this.#outcome === undefined) this.#socket.send(64, { responseBytes: undefined })
    this.#dynamic.wait(PATIENCE)
    const outcome = this.#outcome ?? 'timed out'
    this.#outcome = undefined
    return outcome
  }
}

/** One UDP socket: one source port. */
export class Datagrams {
  readonly #dynamic: Dynamic
  readonly #socket: UdpSocket
  #outcome: string | undefined

  constructor(dynamic: Dynamic, stack: Stack, port: number) {
    this.#dynamic = dynamic
    const socket = stack.udp({
      port,
      destination: addressOf(VIP),
      destinationPort: 53,
      handler: {
        onDatagram: (_, { payload }) => void (this.#outcome = (payload as Answer).backend),
        onError: (_, error) => void (this.#outcome = failureKind(error)),
      },
    })
    if (typeof socket === 'string') throw new Error(socket)
    this.#socket = socket
  }

  ask(times: number): string[] {
    return Array.from({ length: times }, () => {
      this.#outcome = undefined
      this.#socket.send(64, { responseBytes: undefined })
      this.#dynamic.wait(PATIENCE)
      return this.#outcome ?? 'timeout'
    })
  }
}
