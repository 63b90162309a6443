import { parse } from 'yaml'
import { suggest } from '../../engine/nearest.ts'
import type { Complaints } from '../complaint.ts'
import { KINDS } from '../objects/kinds.ts'
import { proxyShape } from '../objects/proxy.ts'
import { scenarioDocument } from '../schema/scenario.ts'
import { isTooDeep } from '../text/depth.ts'
import { isRecord } from '../text/documents.ts'
import { sourceOf, type Manifest, type Origin, type Path } from '../text/source.ts'
import { parseDuration } from '../../engine/duration.ts'
import { formatReference, parseReference, type Reference } from '../values/reference.ts'
import { guideOfSchema, guideOfShape, type Guide } from './guide.ts'
import { setAt, type Outcome } from './set.ts'

/** One change from outside: `--set cluster.nodes=5`, a variant's, a sweep's. Text is read as YAML reads it: `5` is a number. */
export interface Setting {
  path: string
  value: unknown
  /** How complaints call where it came from; default `--set`. */
  from?: string
  /** Where it is written, if that is in a file. */
  at?: Origin
}

/** What settings can change: the scenario's document, kube-proxy's, and the objects. All still as they were written, and changed in place. */
export interface Settable {
  scenario: Manifest
  proxy: Manifest
  objects: Manifest[]
  namespace: string
}

/**
 * Applies settings in their order. A path begins at the scenario's spec (`traffic.app.rate`, `mode`), at kube-proxy's configuration
 * (`proxy.ipvs.scheduler`), or at an object (`deployment/web.replicas`, `service/shop/cart.externalTrafficPolicy`, `configmap/kube-system/coredns.data.Corefile`, `deployment/web.preStop=5s`).
 */
export function applySettings(settings: readonly Setting[], target: Settable, complaints: Complaints): void {
  /** Who has set each place so far. */
  const claims = new Map<Manifest, Map<string, Setting>>()
  for (const setting of settings) {
    const value = typeof setting.value === 'string' ? readText(setting.value) : setting.value
    const outcome = apply(setting.path.trim(), value, target)
    const source = sourceOf(`(${setting.from ?? '--set'})`, `${setting.path}=${typeof setting.value === 'string' ? setting.value : JSON.stringify(setting.value)}`)
    const place = setting.at === undefined ? { source, offset: 0 } : { origin: setting.at }
    if ('missing' in outcome) {
      complaints.error(place, `\`${setting.path}\`: ${outcome.missing}`, outcome.fix)
      continue
    }
    const earlier = outcome.places.map((each) => claim(claims, each, setting)).find((one) => one?.from?.startsWith('variant ') && one.value !== setting.value)
    if (earlier !== undefined && earlier.from === setting.from) complaints.error(place, `${setting.from ?? ''} contradicts itself: it sets \`${earlier.path}\` to ${String(earlier.value)}, too`)
    else if (earlier !== undefined) complaints.note(place, `this overrides \`${earlier.path}\` of ${earlier.from ?? ''}, which is ${String(earlier.value)}`)
    for (const { manifest, path } of outcome.places) manifest.origin = { ...manifest.origin, patched: [...(manifest.origin.patched ?? []), { path, source, offset: setting.path.length + 1 }] }
  }
}

/** Says what is wrong with settings without making them: with those of variants that nobody has chosen. */
export function checkSettings(settings: readonly Setting[], target: Settable, complaints: Complaints): void {
  const meant = new Set(settings.flatMap(({ path }) => {
    const found = isOfObject(path) ? findObject(path.trim(), target) : undefined
    return found === undefined || 'missing' in found ? [] : [found.manifest]
  }))
  const copies = target.objects.map((one) => (meant.has(one) ? copyOf(one) : one))
  applySettings(settings, { ...target, scenario: copyOf(target.scenario), proxy: copyOf(target.proxy), objects: copies }, complaints)
}

function copyOf({ value, origin }: Manifest): Manifest {
  return { value: structuredClone(value), origin }
}

function isOfObject(path: string): boolean {
  return /^\s*[a-z]+\//.test(path)
}

/** Notes that the setting has set this place; returns what had set it before. */
function claim(claims: Map<Manifest, Map<string, Setting>>, { manifest, path }: Place, setting: Setting): Setting | undefined {
  const own = claims.get(manifest) ?? new Map<string, Setting>()
  claims.set(manifest, own)
  const key = path.join('.')
  const earlier = own.get(key)
  own.set(key, setting)
  return earlier
}

interface Place {
  manifest: Manifest
  path: Path
}

type Applied = { places: Place[] } | Extract<Outcome, { missing: string }>

function apply(path: string, value: unknown, target: Settable): Applied {
  if (isOfObject(path)) return applyToObject(path, value, target)
  const steps = stepsOf(path)
  if (steps[0] === 'proxy') return applied(target.proxy, guideOfShape(proxyShape), steps.slice(1), value)
  const relative = steps[0] === 'spec' || steps[0] === 'metadata' ? steps : ['spec', ...steps]
  return applied(target.scenario, guideOfSchema(scenarioDocument), relative, value)
}

function applied(manifest: Manifest, guide: Guide, steps: readonly string[], value: unknown): Applied {
  if (!isRecord(manifest.value)) return { missing: 'the document it belongs to is not an object', fix: undefined }
  const outcome = setAt(manifest.value, guide, steps, value)
  return 'missing' in outcome ? outcome : { places: [{ manifest, path: outcome.set }] }
}

/** Where the fields of an object that people set lie, by the beginning of their path: at the top, in its spec, in its pods, in each container. */
function applyToObject(path: string, value: unknown, target: Settable): Applied {
  const found = findObject(path, target)
  if ('missing' in found) return found
  const { manifest, steps } = found
  const kind = isRecord(manifest.value) ? KINDS.get(String(manifest.value['kind'])) : undefined
  if (kind === undefined || !isRecord(manifest.value)) return { missing: 'this kind has no settings', fix: undefined }
  const guide = guideOfShape(kind.shape)
  const wanted = shorthand(steps, value)
  const places = prefixes(manifest.value)
  const fitting = places.filter((prefix) => hasField(guide, [...prefix, wanted.steps[0] ?? '']))
  const first = fitting[0]
  if (first === undefined) {
    const fields = places.flatMap((prefix) => fieldsAt(guide, prefix))
    return { missing: `unknown field \`${steps[0] ?? ''}\``, fix: suggest(steps[0] ?? '', [...fields, 'preStop']) }
  }
  const sets: Path[] = []
  for (const prefix of fitting.filter((one) => one.length === first.length)) {
    const outcome = setAt(manifest.value, guide, [...prefix, ...wanted.steps], wanted.value)
    if ('missing' in outcome) return outcome
    sets.push(outcome.set)
  }
  return { places: sets.map((path) => ({ manifest, path })) }
}

/** `preStop=5s` is what everybody means by a container that sleeps before it ends (KEP-3960). */
function shorthand(steps: readonly string[], value: unknown): { steps: readonly string[]; value: unknown } {
  if (steps.length !== 1 || steps[0] !== 'preStop') return { steps, value }
  const nanoseconds = parseDuration(String(value))
  return { steps: ['lifecycle', 'preStop'], value: { sleep: { seconds: nanoseconds === undefined ? value : nanoseconds / 1e9 } } }
}

function prefixes(object: Record<string, unknown>): string[][] {
  const inPod = isRecord(object['spec']) && isRecord(object['spec']['template']) ? ['spec', 'template', 'spec'] : ['spec']
  const pod = inPod.reduce<unknown>((inside, step) => (isRecord(inside) ? inside[step] : undefined), object)
  const containers: unknown[] = isRecord(pod) && Array.isArray(pod['containers']) ? pod['containers'] : []
  return [[], ['spec'], ...(inPod.length > 1 ? [inPod] : []), ...containers.map((_, i) => [...inPod, 'containers', String(i)])]
}

function fieldsAt(guide: Guide, path: readonly string[]): readonly string[] {
  const found = guideAt(guide, path)
  return found?.is === 'object' ? found.fields : []
}

function hasField(guide: Guide, path: readonly string[]): boolean {
  return guideAt(guide, path) !== undefined
}

function guideAt(guide: Guide, path: readonly string[]): Guide | undefined {
  let found: Guide | undefined = guide
  for (const step of path) {
    if (found?.is === 'object') found = found.at(step)
    else if (found?.is === 'list') found = found.of
    else return undefined
  }
  return found
}

/** Names may hold dots, so the object with the longest name that fits is meant. */
function findObject(path: string, { objects, namespace }: Settable): { manifest: Manifest; steps: string[] } | Extract<Outcome, { missing: string }> {
  const parts = path.split('.')
  for (let length = parts.length - 1; length > 0; length--) {
    const reference = parseReference(parts.slice(0, length).join('.'))
    const manifest = reference === undefined ? undefined : objects.find((one) => isMeant(one, reference, namespace))
    if (manifest !== undefined) return { manifest, steps: stepsOf(parts.slice(length).join('.')) }
  }
  const [head = ''] = parts
  const names = objects.flatMap((one) => referenceOf(one, namespace))
  return { missing: `there is no ${head}`, fix: suggest(head, names) }
}

function isMeant({ value }: Manifest, reference: Reference, namespace: string): boolean {
  if (!isRecord(value) || !isRecord(value['metadata']) || String(value['kind']).toLowerCase() !== reference.kind) return false
  if (value['metadata']['name'] !== reference.name) return false
  return reference.kind === 'node' || (value['metadata']['namespace'] ?? namespace) === (reference.namespace || namespace)
}

/** As a path would name it; nothing for kinds that a path cannot name. */
function referenceOf({ value }: Manifest, namespace: string): string[] {
  if (!isRecord(value) || !isRecord(value['metadata'])) return []
  const kind = String(value['kind']).toLowerCase()
  const own = value['metadata']['namespace']
  const reference = parseReference(`${kind}/${String(value['metadata']['name'])}`)
  return reference === undefined ? [] : [formatReference({ ...reference, namespace: own === undefined || own === namespace ? '' : String(own) })]
}

function stepsOf(path: string): string[] {
  return path.replace(/\[(\w+)\]/g, '.$1').split('.')
}

function readText(text: string): unknown {
  if (isTooDeep(text)) return text
  try {
    const value: unknown = parse(text, { logLevel: 'error' })
    // YAML would fold the lines of a Corefile into one.
    return typeof value === 'string' && text.includes('\n') ? text : value
  } catch {
    return text
  }
}
