import type { Nanos } from '../../engine/agenda.ts'
import { contains, formatCidr, parseAddress, type Address } from '../../kernel/address.ts'
import { DEFAULT_CLIENT } from '../../scenario/known.ts'
import { WorldError } from '../world-error.ts'
import type { Ground } from '../ground.ts'
import { OutsideMachine } from './outside-machine.ts'
import type { Paths } from './paths.ts'

/** Where addresses for clients without one begin, on the nodes' network. */
const FIRST_CLIENT = 100

/** The machines outside of the cluster, all on the nodes' network. */
export class OutsideMachines {
  /** The scenario's own, by name. */
  readonly clients = new Map<string, OutsideMachine>()
  readonly #ground: Ground
  readonly #paths: Paths

  constructor(ground: Ground, paths: Paths) {
    this.#ground = ground
    this.#paths = paths
  }

  addClients(): void {
    const wanted = this.#ground.scenario.clients.map((client) => ({ name: client.name, address: parseAddress(client.address ?? ''), delay: client.delay }))
    if (!wanted.some(({ name }) => name === DEFAULT_CLIENT)) wanted.push({ name: DEFAULT_CLIENT, address: undefined, delay: 0 })
    for (const { name, address, delay } of wanted) this.clients.set(name, this.add(name, address ?? this.#freeAddress(), delay))
  }

  add(name: string, address: Address, delay: Nanos = 0): OutsideMachine {
    const [first] = this.#ground.directory.all()
    const { agenda, wheel, streams, fabric, settings } = this.#ground
    return new OutsideMachine({ name, address, delay }, settings, { agenda, wheel, streams, fabric, nextHops: this.#paths.fromOutside, defaultHop: first?.address ?? settings.gateway })
  }

  #freeAddress(): Address {
    const { settings, fabric, directory } = this.#ground
    const { link } = settings
    for (let offset = FIRST_CLIENT; ; offset++) {
      const address = link.network + offset
      if (!contains(link, address)) throw new WorldError(`no address is left for a client in ${formatCidr(link)}`)
      if (fabric.portOf(address) === undefined && directory.at(address) === undefined) return address
    }
  }
}
