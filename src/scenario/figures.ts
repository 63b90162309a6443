import { nearest, suggest } from '../engine/nearest.ts'
import { DROP_REASONS } from '../kernel/drops.ts'
import { PLACES } from '../kernel/journey.ts'
import { FAILURE_KINDS, isFailureKind } from '../traffic/failure-kinds.ts'

/** The figures of a part of the report, as expectations name them behind its name. */
interface Vocabulary {
  names: readonly string[]
  /** Beginnings behind which something of the run's own follows: a pod, a name, a kind of failure. */
  open: readonly { beginning: string; isKnown?: (rest: string) => boolean; examples?: readonly string[] }[]
}

const STATISTICS = ['p50', 'p90', 'p99', 'p999', 'mean', 'min', 'max']
const CONNTRACK = ['entries_max', 'insert_failed', 'drop', 'early_drop', 'invalid']
const REASONS = Object.keys(DROP_REASONS)

const TRAFFIC: Vocabulary = {
  names: [
    'requests', 'ok', 'errors', 'error_rate', 'rate', 'outage', 'failing', ...STATISTICS, 'backends', 'fairness_p', 'queries_per_request',
    ...below('connect', STATISTICS), ...below('response', STATISTICS), ...below('dns', STATISTICS), ...below('places', [...PLACES, 'waiting']),
  ],
  open: [{ beginning: 'errors.', isKnown: isFailureKind, examples: FAILURE_KINDS }, { beginning: 'backends.' }],
}

const NODE: Vocabulary = {
  names: [
    ...below('conntrack', [...CONNTRACK, 'limit', 'insert', 'first_full_ns']), 'rules', 'proxy_syncs', 'cpu_busy',
    'stale', 'failed_while_stale', ...below('propagation', STATISTICS), ...below('drops', REASONS),
  ],
  open: [],
}

/** What belongs to no single traffic or node. */
const SHARED: Readonly<Record<string, Vocabulary>> = {
  traffic: { names: ['requests', 'ok', 'errors', 'error_rate'], open: [] },
  nodes: { names: ['rules', 'cpu_busy', ...below('conntrack', CONNTRACK), 'stale', 'failed_while_stale'], open: [] },
  dns: {
    names: ['lookups', 'remembered', 'failed', 'queries', 'queries_per_lookup', ...below('lookup_ns', STATISTICS)],
    open: ['failures.', 'rcodes.', 'layers.', 'names.', 'lost.', 'resolvers.'].map((beginning) => ({ beginning })),
  },
  drops: { names: REASONS, open: [] },
  propagation: { names: STATISTICS, open: [] },
  changes: { names: [''], open: [] },
  pods_ending: { names: [''], open: [] },
}

function below(name: string, figures: readonly string[]): string[] {
  return figures.map((figure) => `${name}.${figure}`)
}

/** Who can have figures in a run with that traffic and those nodes, by what their figures begin with. */
export class Figures {
  readonly #owners: (readonly [string, Vocabulary])[]

  constructor(traffic: readonly string[], nodes: Iterable<string>) {
    this.#owners = [...traffic.map((name) => [name, TRAFFIC] as const), ...Object.entries(SHARED), ...[...nodes].map((name) => [name, NODE] as const)]
  }

  get owners(): string[] {
    return this.#owners.map(([name]) => name)
  }

  /** Why no report of such a run has that figure; undefined where one can. A part of the run, `app[3s..5s]`, is read as its traffic. */
  fault(figure: string): { message: string; fix: string } | undefined {
    const whole = figure.replace(/^([\w-]+)\[[^\]]*\]/, '$1')
    // The names of nodes have dots in them at times, and a traffic may be called as something else is.
    const meant = this.#owners.filter(([name]) => whole === name || whole.startsWith(`${name}.`)).map(([name, vocabulary]) => ({ name, vocabulary, rest: whole.slice(name.length + 1) }))
    if (meant.some(({ vocabulary, rest }) => knows(vocabulary, rest))) return undefined
    const [first] = meant.sort((a, b) => b.name.length - a.name.length)
    if (first === undefined) return this.#nobody(whole)
    const { name, vocabulary, rest } = first
    return { message: rest === '' ? `\`${name}\` alone is no figure` : `\`${name}\` has no figure \`${rest}\``, fix: near(name, vocabulary, rest) }
  }

  #nobody(figure: string): { message: string; fix: string } {
    const [owner = ''] = /^[\w-]+/.exec(figure) ?? []
    return { message: `there is no traffic or node \`${owner}\` to have figures`, fix: suggest(owner, this.owners) ?? `figures begin with ${this.owners.slice(0, LISTED).join(', ')}` }
  }
}

const LISTED = 8

function knows({ names, open }: Vocabulary, rest: string): boolean {
  return names.includes(rest) || open.some(({ beginning, isKnown }) => rest.startsWith(beginning) && rest !== beginning && (isKnown === undefined || isKnown(rest.slice(beginning.length))))
}

/** What may have been meant, and what there is. */
function near(name: string, { names, open }: Vocabulary, rest: string): string {
  const [group = ''] = rest.split('.')
  const own = [...names, ...open.flatMap(({ beginning, examples = [] }) => examples.map((example) => beginning + example))].filter((each) => each.startsWith(`${group}.`))
  const meant = nearest(rest, own.length > 0 ? own : names)
  const all = own.length > 0 ? own : [...new Set([...names, ...open.map(({ beginning }) => beginning)].map((each) => each.replace(/\..*/, '.…')))]
  return `${meant === undefined ? '' : `did you mean \`${meant}\`? `}${name} has ${all.join(', ')}`
}
