import type { Address } from './address.ts'
import type { Interface } from './interface.ts'

/** An interface without a wire behind it: lo, kube-ipvs0, nodelocaldns. It only holds addresses. */
export class AddressOnlyInterface implements Interface {
  readonly kind: 'loopback' | 'dummy'
  readonly name: string
  readonly addresses: Address[] = []

  constructor(kind: 'loopback' | 'dummy', name: string) {
    this.kind = kind
    this.name = name
  }

  transmit(): void {
    throw new Error(`this is a bug in kubehop: a packet was sent out of ${this.name}`)
  }
}
