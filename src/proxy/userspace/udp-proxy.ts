import type { Agenda, Nanos } from '../../engine/agenda.ts'
import { Timer } from '../../engine/timer.ts'
import type { Address } from '../../kernel/address.ts'
import { SOCKET } from '../../kernel/journey.ts'
import type { Stack } from '../../socket/stack.ts'
import type { Datagram, UdpHandler, UdpSocket } from '../../socket/udp.ts'
import { endpointText } from '../endpoint.ts'
import type { RoundRobin } from './round-robin.ts'

/** The proxy's buffer: what a datagram has beyond it is cut off. */
const BUFFER_BYTES = 4096

/** One client address and port, and the socket that asks a backend for it. */
interface UdpPeer {
  readonly client: Address
  readonly port: number
  readonly socket: UdpSocket
  readonly idle: Timer<number>
}

/**
 * The proxy of one UDP service-port (udpProxySocket, release 1.20): each client has a backend socket of its own until
 * nothing has come from either side for the idle timeout; the datagram after that goes to the next endpoint.
 */
export class UdpProxy {
  readonly #agenda: Agenda
  readonly #stack: Stack
  readonly #balancer: RoundRobin
  readonly #idleTimeout: Nanos
  readonly #socket: UdpSocket | string
  readonly #peers = new Map<number, UdpPeer>()

  constructor(agenda: Agenda, stack: Stack, balancer: RoundRobin, idleTimeout: Nanos) {
    this.#agenda = agenda
    this.#stack = stack
    this.#balancer = balancer
    this.#idleTimeout = idleTimeout
    this.#socket = stack.udp({ handler: { onDatagram: (_, datagram) => this.#forward(datagram) } })
  }

  /** Where it listens; undefined if no port was left. */
  get port(): number | undefined {
    return typeof this.#socket === 'string' ? undefined : this.#socket.localPort
  }

  close(): void {
    if (typeof this.#socket !== 'string') this.#socket.close()
    for (const key of [...this.#peers.keys()]) this.#forget(key)
  }

  #forward(datagram: Datagram): void {
    const peer = this.#peers.get(keyOf(datagram.source, datagram.sourcePort)) ?? this.#open(datagram)
    // Without a backend the datagram is lost, and nobody is told.
    if (peer === undefined) return
    const { ledger, journey } = datagram
    peer.socket.ledger = ledger
    peer.socket.journey = journey
    peer.idle.set(this.#agenda.now + this.#idleTimeout)
    peer.socket.send(Math.min(datagram.length, BUFFER_BYTES), datagram.payload)
  }

  #open({ source, sourcePort, journey }: Datagram): UdpPeer | undefined {
    const { now } = this.#agenda
    const endpoint = this.#balancer.next(source, now, false)
    if (endpoint === undefined) return undefined
    const socket = this.#stack.udp({ destination: endpoint.address, destinationPort: endpoint.port, handler: this.#fromBackend })
    if (typeof socket === 'string') return undefined
    if (journey !== null) {
      const what = `kube-proxy opens a socket to ${endpointText(endpoint)}`
      journey.steps.push({ start: now, cost: 0, place: SOCKET, where: this.#stack.name, cpu: undefined, packet: '', what, details: [] })
    }
    const key = keyOf(source, sourcePort)
    const peer: UdpPeer = { client: source, port: sourcePort, socket, idle: new Timer(this.#agenda, this.#forget, key) }
    socket.context = peer
    this.#peers.set(key, peer)
    return peer
  }

  readonly #forget = (key: number): void => {
    const peer = this.#peers.get(key)
    if (peer === undefined) return
    peer.idle.clear()
    peer.socket.close()
    this.#peers.delete(key)
  }

  readonly #fromBackend: UdpHandler = {
    onDatagram: (socket, datagram) => {
      const peer = peerOf(socket)
      peer.idle.set(this.#agenda.now + this.#idleTimeout)
      if (typeof this.#socket !== 'string') {
        this.#socket.sendTo(peer.client, peer.port, Math.min(datagram.length, BUFFER_BYTES), datagram.payload, datagram.ledger, datagram.journey)
      }
    },
    // The read fails (an ICMP error came back): the proxy gives the socket up, and the client waits in vain.
    onError: (socket) => {
      const { client, port } = peerOf(socket)
      this.#forget(keyOf(client, port))
    },
  }
}

function peerOf(socket: UdpSocket): UdpPeer {
  // Set before anything is sent from it.
  return socket.context as UdpPeer
}

function keyOf(address: Address, port: number): number {
  return (address >>> 0) * 65_536 + port
}
