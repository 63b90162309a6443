import { addressOf } from '../../src/kernel/address.ts'
import { Ipvs } from '../../src/kernel/ipvs/ipvs.ts'
import { kernelVersion } from '../../src/kernel/version.ts'
import { ACK, FIN, newPacket, RST, SYN, TCP, UDP } from '../../src/kernel/packet.ts'
import { proxyConfigFrom } from '../../src/proxy/config.ts'
import { IpvsProxy } from '../../src/proxy/ipvs.ts'
import { ipvsSettings } from '../../src/proxy/ipvs/settings.ts'
import { IpvsSync } from '../../src/proxy/ipvs/sync.ts'
import { ServiceSnapshot } from '../../src/proxy/service-snapshot.ts'
import { assert, suite } from '../kit.ts'
import { NODE_1, service, slice } from './objects.ts'

const sync = suite('writing to IPVS')

const SECOND = 1e9
const CONFIG = proxyConfigFrom({ mode: 'ipvs', clusterCIDR: '10.244.0.0/16' })
const VIP = addressOf('10.96.0.10')
const CLIENT = addressOf('10.244.1.200')

/** A node whose kube-proxy knows of one Service with TCP and UDP port 80. */
class Bench {
  readonly ipvs = new Ipvs(ipvsSettings(CONFIG, kernelVersion('6.1')), { isConfirmed: () => false, alterReply: () => {}, drop: () => {} })
  readonly sync = new IpvsSync(this.ipvs)
  readonly proxy = new IpvsProxy(CONFIG)
  now = 0

  know(...endpoints: number[]): void {
    const addresses = endpoints.map((i) => `10.244.2.${i}`)
    const ports = (['TCP', 'UDP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol }))
    const slices = ['tcp', 'udp'].map((name) => slice('demo/web', addresses, { name, protocol: name.toUpperCase() }))
    this.write(ServiceSnapshot.of([service('demo/web', '10.96.0.10', { ports })], slices.map((each, i) => ({ ...each, metadata: { ...each.metadata, name: `web-${i}` } }))))
  }

  write(snapshot: ServiceSnapshot): void {
    this.sync.apply(this.proxy.program(snapshot, NODE_1).servers, this.now)
  }

  /** Which endpoint the packet goes to; 0: none. */
  send(tcpFlags: number, sourcePort: number, protocol = TCP): number {
    const packet = Object.assign(newPacket(), { protocol, tcpFlags, source: CLIENT, sourcePort, destination: VIP, destinationPort: 80 })
    this.ipvs.local(packet, this.now)
    return packet.destination === VIP ? 0 : packet.destination & 255
  }

  list(protocol = TCP): string {
    return [...(this.ipvs.services.made(protocol, VIP, 80) ?? [])].map((d) => `${d.address & 255}:${d.weight}`).join(' ')
  }
}

sync('a new endpoint goes to the head of a list in use, wherever its text stands', () => {
  const bench = new Bench()
  bench.know(10, 20)
  assert.is(bench.send(SYN, 1), 20)
  assert.is(bench.list(), '20:1 10:1')
  bench.know(10, 15, 20)
  assert.is(bench.list(), '15:1 20:1 10:1')
})

sync('a TCP server that is removed is drained: weight 0 until its last connection is gone, then it is taken out by the minute', () => {
  const bench = new Bench()
  bench.know(10, 20)
  assert.is(bench.send(SYN, 1), 20)
  bench.know(10)
  assert.is(bench.list(), '20:0 10:1')
  assert.is(bench.send(ACK, 1), 20, 'the old connection goes on')
  assert.is(bench.send(SYN, 2), 10)
  bench.sync.graceful.check(bench.now)
  assert.is(bench.list(), '20:0 10:1')
  bench.send(RST, 1)
  bench.now = 60 * SECOND
  bench.sync.graceful.check(bench.now)
  assert.is(bench.list(), '10:1')
  assert.is(bench.sync.graceful.size, 0)
})

sync('a server without connections, and every UDP server, is removed at once', () => {
  const bench = new Bench()
  bench.know(10, 20)
  assert.is(bench.send(SYN, 1), 20)
  assert.is(bench.send(0, 5, UDP), 20)
  bench.know(20)
  assert.is(bench.list(), '20:1')
  bench.know(10)
  assert.is(bench.list(), '10:1 20:0')
  assert.is(bench.list(UDP), '10:1')
  bench.now = SECOND
  assert.is(bench.send(0, 5, UDP), 10, 'the flow goes on with another server')
})

sync('a server that comes back while it is drained is added anew, with the connections it still has', () => {
  const bench = new Bench()
  bench.know(10, 20)
  assert.is(bench.send(SYN, 1), 20)
  assert.is(bench.send(SYN, 2), 10)
  bench.know(20)
  assert.is(bench.list(), '20:1 10:0')
  bench.know(10, 20)
  assert.is(bench.list(), '10:1 20:1')
  assert.is(bench.sync.graceful.size, 0)
  bench.now = SECOND
  assert.is(bench.send(ACK, 2), 10)
})

sync('a Service that is gone takes its connections with it', () => {
  const bench = new Bench()
  bench.know(10)
  assert.is(bench.send(SYN, 1), 10)
  bench.write(ServiceSnapshot.of([], []))
  bench.now = SECOND
  assert.is(bench.send(ACK, 1), 0)
  assert.is(bench.ipvs.services.size, 0)
  assert.is(bench.ipvs.connections.size, 0)
})

sync('a Service nobody has asked for is not made by writing it', () => {
  const bench = new Bench()
  bench.know(10)
  bench.know(10, 20)
  assert.is(bench.ipvs.services.size, 0)
  assert.is(bench.send(FIN, 9), 0)
  assert.is(bench.send(SYN, 9), 20)
})

sync.run()
