import { nearest } from '../../engine/nearest.ts'
import { isNamespaced, parseReference, type Reference } from '../../scenario/values/reference.ts'
import { InputError } from '../input-error.ts'
import { listNames } from './missing.ts'
import type { WorldInput } from '../ground.ts'

/** Who can send, in kubectl's words. */
const SENDERS: ReadonlySet<string> = new Set(['pod', 'node', 'client', 'deployment', 'statefulset', 'daemonset', 'replicaset'])

/** Reads a `--from`. Throws an InputError that says what it must be, and whom of the input it may have meant. */
export function readSender(text: string, input: WorldInput): Reference {
  const from = parseReference(text)
  if (from === undefined || !SENDERS.has(from.kind)) {
    throw new InputError(`--from ${text}: must be pod/NAMESPACE/NAME, node/NAME, client/NAME, or a workload such as deployment/NAME (its first pod); ${suggestSender(text, sendersIn(input))}`)
  }
  return { ...from, namespace: isNamespaced(from.kind) ? from.namespace || input.scenario.namespace : '' }
}

/** Everything in the input that can send, as `--from` would name it. */
function sendersIn({ scenario, objects }: WorldInput): string[] {
  const written = objects.flatMap(({ kind, metadata }) => {
    const word = kind.toLowerCase()
    const namespace = metadata?.namespace === scenario.namespace ? undefined : metadata?.namespace
    return SENDERS.has(word) && metadata?.name !== undefined ? [[word, namespace, metadata.name].filter(Boolean).join('/')] : []
  })
  const nodes = objects.some(({ kind }) => kind === 'Node') ? [] : Array.from({ length: scenario.cluster.nodes }, (_, i) => `node/node-${i + 1}`)
  return [...written, ...nodes, 'client/client', ...scenario.clients.map(({ name }) => `client/${name}`)]
}

/** The name alone may be right, and the kind be missing or wrong. */
function suggestSender(text: string, senders: readonly string[]): string {
  const name = nameIn(text)
  const meant = senders.find((sender) => nameIn(sender) === name) ?? nearest(text, senders) ?? senders.find((sender) => nameIn(sender) === nearest(name, senders.map(nameIn)))
  return meant === undefined ? `there is ${listNames(senders)}` : `did you mean \`${meant}\`?`
}

function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}
