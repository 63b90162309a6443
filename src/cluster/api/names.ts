import { below, type Random } from '../../engine/random.ts'
import { fnv1a } from '../../engine/fnv1a.ts'
import { compareTexts } from '../../engine/order.ts'
import type { PodTemplate, WorkloadKind } from './object.ts'

/** No vowels and no lookalikes, so that no suffix spells a word: apimachinery's util/rand. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5

/** What `generateName` adds. */
export function randomSuffix(random: Random): string {
  let suffix = ''
  for (let i = 0; i < SUFFIX_LENGTH; i++) suffix += ALPHABET[below(random, ALPHABET.length)]
  return suffix
}

const GENERATED = `[${ALPHABET}]`

/** What follows the dash behind a workload's name in the names of its pods. */
export const POD_SUFFIXES: Readonly<Record<WorkloadKind, RegExp>> = {
  Deployment: new RegExp(`^[a-z0-9]{1,10}-${GENERATED}{${SUFFIX_LENGTH}}$`),
  ReplicaSet: new RegExp(`^${GENERATED}{${SUFFIX_LENGTH}}$`),
  DaemonSet: new RegExp(`^${GENERATED}{${SUFFIX_LENGTH}}$`),
  StatefulSet: /^\d+$/,
}

/** util/rand.SafeEncodeString: each character becomes one of the alphabet. */
export function safeEncode(text: string): string {
  let encoded = ''
  for (let i = 0; i < text.length; i++) encoded += ALPHABET[text.charCodeAt(i) % ALPHABET.length]
  return encoded
}

/**
 * The pod-template-hash of a template: FNV-1a, safe-encoded, as Kubernetes' own. Theirs is taken over Go's dump
 * of the struct, ours over sorted JSON: the same looks, and equal for equal templates, but not the same letters.
 */
export function templateHash(template: PodTemplate): string {
  return safeEncode(String(fnv1a(canonicalTemplate(template))))
}

export const HASH_LABEL = 'pod-template-hash'
/** The same for pods of StatefulSets and DaemonSets, which have no ReplicaSet between. */
export const REVISION_LABEL = 'controller-revision-hash'

/** The template as text that is equal exactly for equal templates; the label that carries the hash is left out. */
export function canonicalTemplate(template: PodTemplate): string {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {}
  return canonical({ labels, annotations: template.metadata?.annotations ?? {}, spec: template.spec })
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => compareTexts(a, b))) : part,
  )
}

