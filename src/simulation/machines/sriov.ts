import type { Costs } from '../../costs.ts'
import { contains, type Address, type Cidr } from '../../kernel/address.ts'
import { LINK, SOCKET } from '../../kernel/journey.ts'
import { describePacket } from '../../kernel/packet-text.ts'
import type { Packet } from '../../kernel/packet.ts'
import type { Fabric } from '../../wire/fabric.ts'
import { EthernetPort } from '../../wire/port.ts'
import type { Attachment, PodNamespace } from './pod.ts'

/**
 * A pod with its own virtual NIC (SR-IOV): its packets go straight to the wire and never meet the node's hooks, so no
 * rule of kube-proxy ever sees them. Service addresses lead to the default gateway.
 */
export class SriovAttachment implements Attachment {
  readonly #fabric: Fabric
  readonly #port: EthernetPort
  readonly #costs: Costs
  readonly #link: Cidr
  readonly #gateway: Address

  constructor(fabric: Fabric, namespace: PodNamespace, settings: { costs: Costs; link: Cidr; gateway: Address }, podName: string, node: string) {
    const { costs } = settings
    this.#fabric = fabric
    this.#costs = costs
    this.#link = settings.link
    this.#gateway = settings.gateway
    this.#port = new EthernetPort(fabric, 'net1', 0, (packet) => {
      const cost = costs.nicReceive + costs.udpReceive
      count(packet, cost)
      fabric.agenda.post(fabric.now + cost, (arrived: Packet) => namespace.receive(arrived), packet)
    })
    this.#port.owner = podName
    this.#port.cable = fabric.cableOf(node)
    this.#port.addresses.push(namespace.address)
    fabric.claim(namespace.address, this.#port)
  }

  send(packet: Packet): void {
    const cost = this.#costs.udpSend + this.#costs.nicSend
    count(packet, cost)
    const { destination } = packet
    const onLink = contains(this.#link, destination) || this.#fabric.portOf(destination) !== undefined
    this.#port.transmit(packet, this.#fabric.now + cost, onLink ? destination : this.#gateway)
  }
}

function count(packet: Packet, cost: number): void {
  if (packet.ledger !== null) packet.ledger[SOCKET]! += cost
  if (packet.journey !== null) packet.journey.steps.push({ start: 0, cost, place: LINK, where: 'virtual NIC', cpu: undefined, packet: describePacket(packet), what: 'no hooks of the node', details: [] })
}
