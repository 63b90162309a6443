import type { Agenda } from '../../engine/agenda.ts'
import type { Random } from '../../engine/random.ts'
import { TCP, UDP } from '../../kernel/packet.ts'
import type { Stack } from '../../socket/stack.ts'
import type { Listener } from '../../socket/tcp/listener.ts'
import type { UdpSocket } from '../../socket/udp.ts'
import type { ProxyConfig } from '../config.ts'
import type { ServicePort } from '../service-port.ts'
import type { ServiceSnapshot } from '../service-snapshot.ts'
import { RoundRobin } from './round-robin.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { UdpProxy } from './udp-proxy.ts'

/** A service-port, and where the proxy listens for it. */
export interface ProxiedPort {
  servicePort: ServicePort
  readonly proxyPort: number
}

interface Proxied extends ProxiedPort {
  readonly proxy: TcpProxy | UdpProxy
  readonly balancer: RoundRobin
  /** Holds the NodePort, so that no other process of the host gets it; nobody ever accepts there. */
  readonly nodePort: Listener | UdpSocket | undefined
}

/**
 * kube-proxy's process on one node in userspace mode: for each service-port a socket of its own, with a proxy behind it.
 * SCTP was never supported. A service-port for which no port is left is not proxied.
 */
export class ProxyProcess {
  readonly #config: ProxyConfig
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #random: Random
  readonly #proxied = new Map<string, Proxied>()

  constructor(config: ProxyConfig, agenda: Agenda, stack: Stack, random: Random) {
    this.#config = config
    this.#agenda = agenda
    this.#stack = stack
    this.#random = random
  }

  /** In the order in which they were opened, which is that of their rules. */
  ports(): Iterable<ProxiedPort> {
    return this.#proxied.values()
  }

  /** A service-port that has changed gets a new socket and port; what is open through the old one goes on (mergeService). */
  sync({ servicePorts }: ServiceSnapshot): void {
    const wanted = new Map(servicePorts.map((port) => [keyOf(port), port]))
    for (const [key, proxied] of this.#proxied) {
      const port = wanted.get(key)
      if (port !== undefined && isSame(proxied.servicePort, port)) proxied.servicePort = port
      else this.#close(key, proxied)
    }
    for (const [key, port] of wanted) {
      const proxied = this.#proxied.get(key) ?? this.#open(key, port)
      proxied?.balancer.update(port.endpoints.filter(({ ready }) => ready), this.#agenda.now)
    }
  }

  #open(key: string, servicePort: ServicePort): Proxied | undefined {
    const balancer = new RoundRobin(servicePort.affinitySeconds, this.#random)
    const proxy = this.#proxyFor(servicePort, balancer)
    if (proxy?.port === undefined) return undefined
    const proxied = { servicePort, proxyPort: proxy.port, proxy, balancer, nodePort: this.#hold(servicePort) }
    this.#proxied.set(key, proxied)
    return proxied
  }

  #proxyFor({ protocol }: ServicePort, balancer: RoundRobin): TcpProxy | UdpProxy | undefined {
    if (protocol.number === TCP) return new TcpProxy(this.#agenda, this.#stack, balancer)
    if (protocol.number === UDP) return new UdpProxy(this.#agenda, this.#stack, balancer, this.#config.udpIdleTimeout)
    return undefined
  }

  #hold({ nodePort, protocol }: ServicePort): Listener | UdpSocket | undefined {
    if (nodePort === 0) return undefined
    const held = protocol.number === TCP ? this.#stack.listen({ port: nodePort, handler: { onAcceptable: ignore } }) : this.#stack.udp({ port: nodePort, handler: { onDatagram: ignore } })
    return typeof held === 'string' ? undefined : held
  }

  #close(key: string, { proxy, nodePort }: Proxied): void {
    proxy.close()
    nodePort?.close()
    this.#proxied.delete(key)
  }
}

function ignore(): void {
  // Its traffic never comes here: the rules lead it to the proxy's own port.
}

function keyOf(port: ServicePort): string {
  return `${port.name}/${port.protocol.name}`
}

/** sameConfig() of proxier.go. */
function isSame(a: ServicePort, b: ServicePort): boolean {
  const isSameList = (x: readonly number[], y: readonly number[]) => x.length === y.length && x.every((address, i) => address === y[i])
  return (
    a.port === b.port && a.nodePort === b.nodePort && a.clusterIP === b.clusterIP && a.affinitySeconds === b.affinitySeconds &&
    isSameList(a.externalIPs, b.externalIPs) && isSameList(a.loadBalancerVIPs, b.loadBalancerVIPs)
  )
}
