import { suggest } from '../engine/nearest.ts'
import { checkNodeNetworks, checkScenario } from './check.ts'
import { Complaints, type Complaint } from './complaint.ts'
import { checkCorefile } from './objects/corefile.ts'
import { checkCollisions, withoutDuplicates } from './objects/collisions.ts'
import { KINDS } from './objects/kinds.ts'
import { lint } from './objects/lint.ts'
import { lintPools } from './objects/lint-pools.ts'
import { withoutLegacyConfig } from './objects/metallb.ts'
import { chooseProxyManifest, isProxyManifest, readProxyDocument } from './objects/proxy.ts'
import { fullName, hintFor, kindName, kindOf, readObject, type CheckedObject, type Located } from './objects/read.ts'
import { validate } from './objects/validate.ts'
import { applySettings, checkSettings, type Setting } from './settings/settings.ts'
import { readScenario } from './schema/read.ts'
import { API_VERSION, type Scenario } from './schema/scenario.ts'
import { isRecord, readDocuments } from './text/documents.ts'
import { besideSource, nodeReader, readSources, type Reader } from './text/read.ts'
import { below, originOf, sourceOf, type Manifest, type Origin, type Source } from './text/source.ts'

export interface Input {
  /** Paths as `-f` takes them: files, folders, `-` for standard input. */
  files?: readonly string[]
  /** Folders inside folders too, as `-R`. */
  recursive?: boolean
  /** YAML or JSON text, or plain objects: what the library's callers hand in. Objects are copied, never changed. */
  given?: unknown
  /** Where namespaced objects and references without a namespace belong. */
  namespace?: string
  /** One of the scenario's variants, applied before the settings. */
  variant?: string
  settings?: readonly Setting[]
  reader?: Reader
}

export interface Loaded {
  /** With every default where no Scenario was given; undefined if the one that was given is wrong. */
  scenario: Scenario | undefined
  /** In the order of the input, each once. */
  objects: CheckedObject[]
  /** A checked KubeProxyConfiguration, with the mode in force; `proxyConfigFrom` fills in its defaults. */
  proxy: Record<string, unknown>
  complaints: Complaint[]
  /** Complaints beyond those listed. */
  more: number
  /** Whether there is no error among the complaints. */
  ok: boolean
}

/** The one door for input: reads, checks and parses everything that the user wrote. Never throws over what is written. */
export function loadInput(input: Input): Loaded {
  const complaints = new Complaints()
  try {
    return load(input, complaints)
  } catch (reason) {
    // JSON may nest deeper than what compares and checks it can follow.
    if (!(reason instanceof RangeError)) throw reason
    complaints.error({ source: sourceOf('(input)', ''), offset: 0 }, 'something in the input is nested too deeply')
    return { scenario: undefined, objects: [], proxy: {}, complaints: complaints.list(), more: complaints.more, ok: false }
  }
}

function load(input: Input, complaints: Complaints): Loaded {
  const reader = input.reader ?? nodeReader
  const namespace = input.namespace ?? 'default'
  const sources = [
    ...(input.files ?? []).flatMap((path) => readSources(path, reader, complaints, input.recursive)),
    ...(input.given === undefined ? [] : given(input.given, complaints)),
  ]
  const beside = sources.flatMap((source) => readDocuments(source, complaints))
  if (beside.length === 0 && !complaints.hasErrors) complaints.error({ source: sources[0] ?? sourceOf('(input)', ''), offset: 0 }, 'there is nothing in the input: no document at all')
  const document = chooseScenario(beside, complaints)
  const manifests = [...beside, ...readManifests(document, reader, complaints)]
  const proxy = chooseProxyManifest(manifests, complaints)
  const objects = manifests.filter((one) => !isScenario(one) && !isProxyManifest(one)).flatMap((one) => withoutLegacyConfig(one, complaints))
  const target = { scenario: document, proxy, objects, namespace }
  for (const other of Object.keys(variantsOf(document))) if (other !== input.variant) checkSettings(variantSettings(document, other, complaints), target, complaints)
  applySettings([...variantSettings(document, input.variant, complaints), ...(input.settings ?? [])], target, complaints)

  const scenario = readScenario(document, namespace, complaints)
  const located = checkObjects(objects, namespace, complaints)
  if (!complaints.hasErrors) refuseForeign(manifests, complaints)
  if (scenario?.mode !== undefined && isRecord(proxy.value)) proxy.value['mode'] = scenario.mode
  const proxyDocument = readProxyDocument(proxy, complaints)
  if (scenario !== undefined) {
    readApplied(scenario, document, located, reader, complaints)
    findProfile(scenario, document, reader, complaints)
    if (!complaints.hasErrors) checkScenario(scenario, String(proxyDocument['mode'] || 'iptables'), document.origin, located, complaints)
  }
  return {
    scenario,
    objects: located.map(({ object }) => object),
    proxy: proxyDocument,
    complaints: complaints.list(),
    more: complaints.more,
    ok: !complaints.hasErrors,
  }
}

function given(value: unknown, complaints: Complaints): Source[] {
  if (typeof value === 'string') return [sourceOf('(input)', value)]
  try {
    return [sourceOf('(input)', JSON.stringify(value, null, 1) ?? '')]
  } catch (reason) {
    complaints.error({ source: sourceOf('(input)', ''), offset: 0 }, `these objects are not plain data: ${reason instanceof Error ? (reason.message.split('\n')[0] ?? '') : String(reason)}`)
    return []
  }
}

function isScenario({ value }: Manifest): boolean {
  return isRecord(value) && (value['kind'] === 'Scenario' || String(value['apiVersion']).startsWith('kubehop.dev/'))
}

/** The Scenario among the documents; an empty one if there is none, since every field has a default. */
function chooseScenario(manifests: readonly Manifest[], complaints: Complaints): Manifest {
  const [first, second] = manifests.filter(isScenario)
  if (second !== undefined) complaints.error({ origin: below(second.origin, 'kind') }, 'a second Scenario; a run has one', undefined, first?.origin)
  return first ?? { value: { apiVersion: API_VERSION, kind: 'Scenario', spec: {} }, origin: originOf(sourceOf('(scenario)', '')) }
}

/** What stands in the files that the scenario names, relative to its own. */
function readManifests({ value, origin }: Manifest, reader: Reader, complaints: Complaints): Manifest[] {
  const spec = isRecord(value) && isRecord(value['spec']) ? value['spec'] : {}
  const paths: unknown[] = Array.isArray(spec['manifests']) ? spec['manifests'] : []
  return paths.flatMap((path, i) => {
    if (typeof path !== 'string' || path === '') return []
    return readBeside(path, below(origin, 'spec', 'manifests', i), origin, reader, complaints)
  })
}

/** The objects of a file that a scenario names. */
function readBeside(path: string, mentioned: Origin, scenario: Origin, reader: Reader, complaints: Complaints): Manifest[] {
  const file = path === '-' ? './-' : besideSource(mentioned.source, path)
  if (reader.kind(file) === undefined) {
    complaints.error({ origin: mentioned }, `there is no file ${file}`, 'paths are relative to the file that names them')
    return []
  }
  const found = readSources(file, reader, complaints).flatMap((source) => readDocuments(source, complaints))
  for (const one of found.filter(isScenario)) complaints.error({ origin: below(one.origin, 'kind') }, 'a Scenario among the manifests of another; a run has one', undefined, scenario)
  return found.filter((one) => !isScenario(one))
}

/** Not one document means anything here: a run of nothing would look like one without problems. */
function refuseForeign(manifests: readonly Manifest[], complaints: Complaints): void {
  const [first] = manifests
  const foreign = manifests.flatMap((one) => (isRecord(one.value) && !isScenario(one) && !isProxyManifest(one) && kindOf(one.value) === undefined ? [one.value] : []))
  if (first === undefined || foreign.length < manifests.length) return
  const kinds = [...new Set(foreign.map(kindName))]
  const shown = kinds.slice(0, FOREIGN_SHOWN).join(', ') + (kinds.length > FOREIGN_SHOWN ? ' and others' : '')
  complaints.error({ origin: below(first.origin, 'kind') }, `nothing here can be simulated: there is only ${shown}`, hintFor(String(foreign[0]?.['kind'])) ?? `understood are ${[...KINDS.keys()].join(', ')}, KubeProxyConfiguration and Scenario`)
}

const FOREIGN_SHOWN = 5

function variantSettings(document: Manifest, variant: string | undefined, complaints: Complaints): Setting[] {
  if (variant === undefined) return []
  const variants = variantsOf(document)
  const chosen = Object.hasOwn(variants, variant) ? variants[variant] : undefined
  if (!isRecord(chosen)) {
    complaints.error({ origin: below(document.origin, 'spec', 'variants') }, `the scenario has no variant \`${variant}\``, suggest(variant, Object.keys(variants)))
    return []
  }
  return Object.entries(chosen).map(([path, setting]) => ({ path, value: setting, from: `variant ${variant}`, at: below(document.origin, 'spec', 'variants', variant, path) }))
}

function variantsOf({ value }: Manifest): Record<string, unknown> {
  const spec = isRecord(value) && isRecord(value['spec']) ? value['spec'] : {}
  return isRecord(spec['variants']) ? spec['variants'] : {}
}

function checkObjects(manifests: readonly Manifest[], namespace: string, complaints: Complaints): Located[] {
  const read = manifests.flatMap((one) => readObject(one, namespace, complaints) ?? [])
  const located = withoutDuplicates(read, complaints)
  for (const one of located) {
    validate(one, complaints)
    checkCorefile(one, complaints)
  }
  checkCollisions(located, complaints)
  checkNodeNetworks(located, complaints)
  if (!complaints.hasErrors) {
    lint(located, complaints)
    lintPools(located, complaints)
  }
  return located
}

/** Fills in what the timeline applies, checked like everything else. */
function readApplied(scenario: Scenario, { origin }: Manifest, atFirst: readonly Located[], reader: Reader, complaints: Complaints): void {
  let present = [...atFirst]
  const inOrder = scenario.timeline.map((event, i) => ({ event, i })).sort((a, b) => a.event.at - b.event.at)
  for (const { event, i } of inOrder) {
    if (event.action === 'delete') present = present.filter(({ object }) => !(event.target.kind === 'service' && object.kind === 'Service' && fullName(object) === `${event.target.namespace}/${event.target.name}`))
    if (event.action !== 'apply') continue
    const manifests = readBeside(event.file, below(origin, 'spec', 'timeline', i, 'apply'), origin, reader, complaints)
    const located = withoutDuplicates(manifests.flatMap((one) => readObject(one, scenario.namespace, complaints) ?? []), complaints)
    for (const one of located) validate(one, complaints)
    event.objects = located.map(({ object }) => object)
    if (event.objects.length === 0 && !complaints.hasErrors) complaints.note({ origin: below(origin, 'spec', 'timeline', i, 'apply') }, `${event.file} holds no object: nothing is applied`)
    const applied = new Set(event.objects.map((object) => `${object.kind} ${fullName(object)}`))
    present = [...present.filter(({ object }) => !applied.has(`${object.kind} ${fullName(object)}`)), ...located]
    if (!complaints.hasErrors) checkCollisions(present, complaints)
  }
}

/** The costs profile: one of ours by its name, or else a JSON file beside the scenario, which is put in as its path. */
function findProfile({ cluster }: Scenario, { origin }: Manifest, reader: Reader, complaints: Complaints): void {
  if (PROFILES.includes(cluster.costs)) return
  const place = { origin: below(origin, 'spec', 'cluster', 'costs') }
  const file = besideSource(origin.source, cluster.costs)
  if (reader.kind(file) !== 'file') return complaints.error(place, `there is no profile of costs \`${cluster.costs}\``, suggest(cluster.costs, PROFILES))
  const [source] = readSources(file, reader, complaints)
  const written = source === undefined ? [] : readDocuments(source, complaints)
  if (!isRecord(written[0]?.value)) complaints.error(place, `${file} is no profile of costs: it must hold one JSON object`)
  cluster.costs = file
}

const PROFILES = ['hot', 'cold']
