import type { Pod, PodTemplate } from '../../../cluster/api/object.ts'
import { formatTime, when } from './lines.ts'

type Container = NonNullable<PodTemplate['spec']>['containers'][number]
type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number]
type Variable = NonNullable<Container['env']>[number]

/** The containers of a pod, or of a template: then without a status. `indent` stands before their names in templates. */
export function containerLines(title: string, containers: readonly Container[] | undefined, statuses: readonly ContainerStatus[], indent = ''): string[] {
  if (containers === undefined || containers.length === 0) return []
  return [`${title}:`, ...containers.flatMap((container) => linesOf(container, statuses.find(({ name }) => name === container.name), indent))]
}

function linesOf({ name, image, ports = [], command = [], args = [], env = [] }: Container, status: ContainerStatus | undefined, indent: string): string[] {
  const container = ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol ?? 'TCP'}`)
  const host = ports.map(({ hostPort, protocol }) => `${hostPort ?? 0}/${protocol ?? 'TCP'}`)
  return [
    `  ${indent}${name}:`,
    ...when(status?.containerID, (id) => `    Container ID:\t${id}`),
    `    Image:\t${image ?? ''}`,
    ...when(status?.imageID, (id) => `    Image ID:\t${id}`),
    portLine('Port', container),
    portLine('Host Port', host),
    ...wordLines('Command', command),
    ...wordLines('Args', args),
    ...(status === undefined ? [] : statusLines(status)),
    ...(env.length === 0 ? ['    Environment:\t<none>'] : ['    Environment:', ...env.flatMap(variableLines)]),
  ]
}

function portLine(title: string, ports: readonly string[]): string {
  return ports.length > 1 ? `    ${title}s:\t${ports.join(', ')}` : `    ${title}:\t${ports[0] ?? '<none>'}`
}

function wordLines(title: string, words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`    ${title}:`, ...words.flatMap((word) => word.split('\n').map((line) => `      ${line}`))]
}

function statusLines({ state, lastState, ready, restartCount }: ContainerStatus): string[] {
  return [...stateLines('State', state), ...(lastState?.terminated ? stateLines('Last State', lastState) : []), `    Ready:\t${ready ? 'True' : 'False'}`, `    Restart Count:\t${restartCount}`]
}

function stateLines(title: string, state: ContainerStatus['state']): string[] {
  const { running, terminated, waiting } = state ?? {}
  if (running) return [`    ${title}:\tRunning`, ...when(running.startedAt, (time) => `      Started:\t${formatTime(time)}`)]
  if (!terminated) return [`    ${title}:\tWaiting`, ...when(waiting?.reason, (reason) => `      Reason:\t${reason}`)]
  return [
    `    ${title}:\tTerminated`,
    ...when(terminated.reason, (reason) => `      Reason:\t${reason}`),
    ...when(terminated.message, (message) => `      Message:\t${message}`),
    `      Exit Code:\t${terminated.exitCode}`,
    ...when(terminated.signal, (signal) => `      Signal:\t${signal}`),
    ...when(terminated.startedAt, (time) => `      Started:\t${formatTime(time)}`),
    ...when(terminated.finishedAt, (time) => `      Finished:\t${formatTime(time)}`),
  ]
}

function variableLines({ name, value = '', valueFrom }: Variable): string[] {
  const { secretKeyRef: secret, configMapKeyRef: map, fieldRef: field } = valueFrom ?? {}
  if (secret) return [`      ${name}:\t<set to the key '${secret.key}' in secret '${secret.name ?? ''}'>\tOptional: ${secret.optional === true}`]
  if (map) return [`      ${name}:\t<set to the key '${map.key}' of config map '${map.name ?? ''}'>\tOptional: ${map.optional === true}`]
  if (field) return [`      ${name}:\t (${field.apiVersion ?? 'v1'}:${field.fieldPath})`]
  const [first = '', ...rest] = value.split('\n')
  return [`      ${name}:\t${first}`, ...rest.map((line) => `      \t${line}`)]
}
