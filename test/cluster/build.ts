import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { createCluster, type Cluster, type ClusterOptions } from '../../src/cluster/cluster.ts'
import type { KubeObject, Pod, Service } from '../../src/cluster/api/object.ts'
import { Agenda } from '../../src/engine/agenda.ts'
import { RandomStreams } from '../../src/engine/random.ts'

export interface Built {
  cluster: Cluster
  agenda: Agenda
}

export function build(objects: readonly KubeObject[], options: ClusterOptions = {}, seed = '1'): Built {
  const agenda = new Agenda()
  return { agenda, cluster: createCluster({ agenda, streams: new RandomStreams(seed), objects, options }) }
}

/** The objects of a file of test/vectors, Lists taken apart. */
export function readObjects(file: string): KubeObject[] {
  const documents = parseAllDocuments(readFileSync(`test/vectors/${file}`, 'utf8'))
  return documents.flatMap((document): KubeObject[] => {
    const object: KubeObject & { items?: KubeObject[] } = document.toJS()
    return object.items ?? [object]
  })
}

type Template = { containers?: object[]; labels?: { [name: string]: string }; spec?: object }

const CONTAINER = { name: 'c', image: 'i', ports: [{ name: 'http', containerPort: 8080 }] }

/** A workload of pods labelled `app: NAME`. */
export function workload(kind: string, name: string, spec: object = {}, template: Template = {}): KubeObject {
  const labels = { app: name, ...template.labels }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: template.containers ?? [CONTAINER], ...template.spec } },
      ...spec,
    },
  }
}

export function pod(name: string, spec: object = {}, labels: { [name: string]: string } = { app: name }): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [CONTAINER], ...spec } }
}

/** A Service that selects `app: NAME`, from port 80 to the port called http. */
export function service(name: string, spec: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...metadata },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
  }
}

export function podsOf({ store }: Cluster): readonly Pod[] {
  return store.list('Pod')
}

export function getService({ store }: Cluster, name: string): Service {
  const found = store.get('Service', 'default', name)
  if (found === undefined) throw new Error(`no Service ${name}`)
  return found
}

export function slicesOf(cluster: Cluster, name: string) {
  return [...cluster.selection.slicesOf(getService(cluster, name))]
}
