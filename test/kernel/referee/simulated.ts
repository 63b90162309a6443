import type { KubeObject, Service } from '../../../src/cluster/api/object.ts'
import { loadInput } from '../../../src/scenario/load.ts'
import { parseReference } from '../../../src/scenario/values/reference.ts'
import { parseTarget } from '../../../src/scenario/values/target.ts'
import { runProbe } from '../../../src/simulation/probe.ts'
import type { WorldInput } from '../../../src/simulation/ground.ts'
import type { Bridge } from './lab.ts'
import type { Question } from './questions.ts'

/** Enough for each of three backends to be met once. */
const FREE_ATTEMPTS = 40

/** As in the lab, where nothing limits ICMP errors. */
const SYSCTLS = { 'net.ipv4.icmp_ratelimit': 0, 'net.ipv4.icmp_ratemask': 0 }

/** The lab, and kube-proxy in it. */
export interface Setup {
  readonly mode: string
  /** KubeProxyConfiguration fields that differ from the lab's. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Other Services than the recorded ones. */
  readonly change?: (objects: readonly KubeObject[]) => readonly KubeObject[]
  readonly bridge?: Bridge
}

/** The simulator's side of the lab. */
export class Simulated {
  readonly input: WorldInput
  /** The same Services, but nobody sticks to a backend. */
  readonly #free: WorldInput
  /** Seconds. */
  readonly #timeout: number

  constructor({ mode, config = {}, change = (objects) => objects, bridge }: Setup, timeout: number) {
    const sysctls = { ...SYSCTLS, ...(bridge === undefined ? {} : { 'net.bridge.bridge-nf-call-iptables': bridge.callIptables ? 1 : 0 }) }
    const settings = { 'cluster.sysctls': sysctls, ...(bridge === undefined ? {} : { 'cluster.network.pods': 'bridge', 'cluster.network.hairpin': bridge.hairpin }) }
    const { scenario, objects: recorded, proxy } = loadInput({ files: ['test/vectors/lab-objects.yaml'], settings: Object.entries(settings).map(([path, value]) => ({ path, value })) })
    if (scenario === undefined) throw new Error('lab-objects.yaml does not load')
    const objects = change(recorded)
    this.input = { scenario, objects, proxyDocument: { ...proxy, ...config, mode } }
    this.#free = { ...this.input, objects: objects.map(withoutAffinity) }
    this.#timeout = timeout
  }

  /** What so many attempts come to, in the words of driver.py; for a client that sticks to a backend, all that it may come to. */
  outcomes(question: Question, attempts: number): Set<string> {
    if (!question.isSticky) return this.#probe(this.input, question, attempts)
    const own = this.#probe(this.input, question, attempts)
    if (own.size !== 1) throw new Error(`${question.from} does not stick to one backend of ${question.to}: ${[...own].join(', ')}`)
    return this.#probe(this.#free, question, FREE_ATTEMPTS)
  }

  #probe(input: WorldInput, { from, to, via }: Question, count: number): Set<string> {
    const source = parseReference(from)
    const target = parseTarget(to)
    if (source === undefined || target === undefined) throw new Error(`cannot read ${from} or ${to}`)
    const { result } = runProbe(input, { from: source, to: target, count, gap: 0, timeout: this.#timeout * 1e9, sourcePort: undefined, via })
    const answers = target.scheme === 'icmp' ? result.backends : result.sources_seen
    return new Set([...Object.keys(answers), ...Object.keys(result.failures)])
  }
}

function withoutAffinity(object: KubeObject): KubeObject {
  if (object.kind !== 'Service') return object
  const { spec } = object as Partial<Service> // a document of that kind, its fields still unchecked
  return { ...object, spec: { ...spec, sessionAffinity: 'None' } }
}
