import type { Random } from '../engine/random.ts'
import type { Drops } from '../kernel/drops.ts'
import { DESTINATION_UNREACHABLE, ICMP, recycle, TCP, UDP, type Packet } from '../kernel/packet.ts'
import { Counters } from './counters.ts'
import { Icmp, type PingOptions, type PingSocket } from './icmp.ts'
import type { Network } from './network.ts'
import type { Sysctls } from './sysctls.ts'
import type { Listener, ListenOptions } from './tcp/listener.ts'
import type { TcpSocket } from './tcp/socket.ts'
import { Tcp, type ConnectOptions } from './tcp/tcp.ts'
import { Udp, type UdpOptions, type UdpSocket } from './udp.ts'

export interface StackOptions {
  /** Whose it is: the pod's, the node's or the client's name. */
  name: string
  random: Random
  sysctls: Sysctls
  /** Bytes of the largest IP packet; 1500 if left out. */
  mtu?: number
  /** Where packets are counted that its sockets have no room for; its own if left out. */
  drops?: Drops
}

/** The sockets of one network namespace: a pod, a host, or a client outside of the cluster. */
export class Stack {
  readonly name: string
  readonly counters: Counters
  readonly #tcp: Tcp
  readonly #udp: Udp
  readonly #icmp: Icmp
  #isDestroyed = false

  constructor(network: Network, options: StackOptions) {
    const { name, random, sysctls } = options
    this.name = name
    this.counters = new Counters(options.drops)
    this.#tcp = new Tcp(network, sysctls, this.counters, random, options.mtu ?? 1500)
    this.#udp = new Udp(network, sysctls, this.counters, random)
    this.#icmp = new Icmp(network, name, sysctls, this.counters, random)
  }

  /** A packet for this namespace, which is the stack's from now on. */
  receive(packet: Packet): void {
    if (this.#isDestroyed) recycle(packet)
    else if (packet.protocol === TCP) {
      this.#tcp.receive(packet)
      recycle(packet)
    } else if (packet.protocol === UDP) {
      if (this.#udp.receive(packet)) return
      this.#icmp.refuse(packet)
      recycle(packet)
    } else {
      if (packet.protocol === ICMP) this.#receiveIcmp(packet)
      recycle(packet)
    }
  }

  listen(options: ListenOptions): Listener | 'EADDRINUSE' {
    return this.#tcp.listen(options)
  }

  /** Opens a TCP connection. Every failure comes to the handler, after this call. */
  connect(options: ConnectOptions): TcpSocket {
    return this.#tcp.connect(options)
  }

  udp(options: UdpOptions): UdpSocket | 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'ENETUNREACH' {
    return this.#udp.open(options)
  }

  ping(options: PingOptions): PingSocket {
    return this.#icmp.open(options)
  }

  /** SIGKILL for every process: the kernel closes their sockets, and goes on answering for them. */
  endProcesses(): void {
    this.#tcp.closeAll()
    this.#udp.closeAll()
    this.#icmp.closeAll()
  }

  /** The namespace is gone: no timer fires, nothing is sent, nothing is answered any more. */
  destroy(): void {
    this.#isDestroyed = true
    this.#tcp.destroy()
    this.#udp.closeAll()
    this.#icmp.closeAll()
  }

  #receiveIcmp(packet: Packet): void {
    const { quoted } = packet
    if (packet.icmpType !== DESTINATION_UNREACHABLE || quoted === null) {
      this.#icmp.receiveEcho(packet)
      return
    }
    const layer = quoted.protocol === TCP ? this.#tcp : quoted.protocol === UDP ? this.#udp : undefined
    if (layer !== undefined) layer.receiveIcmpError(quoted, packet.icmpCode, packet.source)
    else this.#icmp.receiveError(quoted, packet.icmpCode, packet.source)
  }
}
