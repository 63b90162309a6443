import type { Agenda, Nanos } from '../../engine/agenda.ts'
import type { RandomStreams } from '../../engine/random.ts'
import type { TimerWheel } from '../../engine/timer-wheel.ts'
import type { Costs } from '../../costs.ts'
import { cidrOf, hostCidr, LOOPBACK, type Address } from '../../kernel/address.ts'
import { Machine } from '../../kernel/machine.ts'
import { ACK, TCP } from '../../kernel/packet.ts'
import type { Sysctls } from '../../socket/sysctls.ts'
import { Stack } from '../../socket/stack.ts'
import type { Fabric } from '../../wire/fabric.ts'
import { EthernetPort } from '../../wire/port.ts'
import { HostNetwork } from './host.ts'
import type { NextHops } from './node-facts.ts'

/** A machine outside the cluster: a plain host, without netfilter. */
export class OutsideMachine {
  readonly name: string
  readonly address: Address
  readonly stack: Stack
  readonly machine: Machine
  readonly #port: EthernetPort

  constructor(
    facts: { name: string; address: Address; delay: Nanos },
    settings: { costs: Costs; cores: number; socketSysctls: Sysctls; mtu: number },
    parts: { agenda: Agenda; wheel: TimerWheel; streams: RandomStreams; fabric: Fabric; nextHops: NextHops; defaultHop: Address },
  ) {
    this.name = facts.name
    this.address = facts.address
    const machine = new Machine({ name: facts.name, agenda: parts.agenda, costs: settings.costs, cores: settings.cores })
    this.machine = machine
    machine.primaryAddress = facts.address
    machine.loopback.addresses.push(LOOPBACK)
    this.#port = new EthernetPort(parts.fabric, 'eth0', facts.delay, (packet, port) => {
      // An acknowledgement shows that what was sent there has arrived (sk_dst_confirm).
      if (packet.protocol === TCP && (packet.tcpFlags & ACK) !== 0) parts.fabric.arp.confirm(port, packet.source)
      machine.receive(packet, port)
    })
    this.#port.owner = facts.name
    this.#port.addresses.push(facts.address)
    this.#port.neighbourFailed = (packet) => machine.neighbourFailed(packet)
    machine.interfaces.push(this.#port)
    parts.fabric.claim(facts.address, this.#port)
    machine.routes.addLocal(facts.address)
    machine.routes.shared = (destination) => {
      const next = parts.nextHops(destination, facts)
      return next === undefined ? undefined : { to: hostCidr(destination), out: this.#port, via: next.hop, source: facts.address }
    }
    machine.routes.add({ to: cidrOf('0.0.0.0/0'), out: this.#port, via: parts.defaultHop, source: facts.address })
    this.stack = new Stack(new HostNetwork(machine, parts.wheel), {
      name: facts.name,
      random: parts.streams.stream(`sockets/client/${facts.name}`),
      sysctls: settings.socketSysctls,
      mtu: settings.mtu,
      drops: machine.drops,
    })
    machine.host = this.stack
  }

  /** Packets for that address go by this next hop. */
  routeVia(destination: Address, hop: Address): void {
    this.machine.routes.add({ to: hostCidr(destination), out: this.#port, via: hop, source: this.address })
  }
}
