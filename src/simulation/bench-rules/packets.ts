import { formatAddress, type Address } from '../../kernel/address.ts'
import { QUEUEING, type Step } from '../../kernel/journey.ts'
import { parseReference } from '../../scenario/values/reference.ts'
import { parseTarget } from '../../scenario/values/target.ts'
import { probeIn, type ProbeRequest } from '../probe.ts'
import { CLIENT, SERVICE_PORT, type Lab } from './lab.ts'

/** What one packet costs from the client's send to the server's receive, in ns of work (waiting for a core is none). */
export interface FlowCost {
  first: number
  established: number
  /** The answer to the first packet. */
  reply: number
}

/** A UDP flow: its first packet, a second one of the same flow, and the first answer. */
export function flowCost(lab: Lab, destination: Address, port = SERVICE_PORT): FlowCost {
  const [first = [], second = []] = watch(lab, `udp://${formatAddress(destination)}:${port}`, 2, nextSourcePort(lab))
  const [way, back] = thereAndBack(first)
  return { first: way, established: thereAndBack(second)[0], reply: back }
}

/** The packets that open a TCP connection: three, and three more where a process in between dials again. */
export function handshakeCost(lab: Lab, destination: Address): number {
  const [all = []] = watch(lab, `tcp://${formatAddress(destination)}:${SERVICE_PORT}`, 1, undefined)
  const steps = all.slice(0, servedAt(all))
  const opened = new Set(steps.flatMap(({ packet }) => /^TCP SYN (.*)$/.exec(packet)?.[1] ?? []))
  return work(steps.filter(({ packet }) => /^TCP SYN(,ACK)? /.test(packet) || (packet.startsWith('TCP ACK ') && opened.has(packet.slice('TCP ACK '.length)))))
}

/** The work before and after the server's own. */
function thereAndBack(steps: readonly Step[]): [number, number] {
  const served = servedAt(steps)
  return [work(steps.slice(0, served)), work(steps.slice(served))]
}

function servedAt(steps: readonly Step[]): number {
  return steps.findIndex(({ what }) => what === 'service time')
}

function work(steps: readonly Step[]): number {
  let ns = 0
  for (const { place, cost } of steps) if (place !== QUEUEING) ns += cost
  return ns
}

/** The steps of so many attempts, one after the other. */
function watch({ world }: Lab, target: string, count: number, sourcePort: number | undefined): Step[][] {
  const [from, to] = [parseReference(CLIENT), parseTarget(target)]
  if (from === undefined || to === undefined) throw new Error(`the bench cannot ask for ${target}`)
  const journeys: Step[][] = []
  const request: ProbeRequest = { from, to, count, gap: 0, timeout: 1e9, sourcePort, via: undefined }
  const watcher = {
    journey: () => {
      const steps: Step[] = []
      journeys.push(steps)
      return { steps }
    },
    ended: () => undefined,
  }
  probeIn(world, request, watcher)
  return journeys
}

const ports = new WeakMap<object, number>()

/** A flow of its own for each measurement. */
function nextSourcePort({ world }: Lab): number {
  const port = (ports.get(world) ?? 20_000) + 1
  ports.set(world, port)
  return port
}
