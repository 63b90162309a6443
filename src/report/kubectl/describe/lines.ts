import type { Metadata } from '../../../cluster/api/object.ts'
import type { Labels } from '../../../cluster/api/selector.ts'
import { compareTexts } from '../../../engine/order.ts'

/** Annotations that kubectl does not show, and how long a line of one may be. */
const HIDDEN_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_ANNOTATION = 140

/** A line that is only there if the field is. */
export function when<T>(value: T | undefined, line: (value: T) => string): string[] {
  return value ? [line(value)] : []
}

export function nameLines({ name, namespace }: Metadata): string[] {
  return [`Name:\t${name}`, `Namespace:\t${namespace}`]
}

export function labelsAndAnnotations({ labels, annotations }: Metadata): string[] {
  return [...titled('Labels', labelLines(labels)), ...titled('Annotations', annotationLines(annotations ?? {}))]
}

/** The time in Go's RFC1123Z, as descriptions have it. */
export function formatTime(timestamp: string): string {
  return new Date(timestamp).toUTCString().replace('GMT', '+0000')
}

/** The first line beside its title, the others under it. */
export function titled(title: string, lines: string[]): string[] {
  const [first = '<none>', ...rest] = lines
  return [`${title}:\t${first}`, ...rest.map((line) => `\t${line}`)]
}

export function labelLines(labels: Labels | undefined): string[] {
  return byName(labels ?? {}).map(([name, value]) => `${name}=${value}`)
}

function annotationLines(annotations: { [name: string]: string }): string[] {
  return byName(annotations)
    .filter(([name]) => name !== HIDDEN_ANNOTATION)
    .flatMap(([name, text]) => {
      const value = text.replace(/\n$/, '')
      const isShort = name.length + value.length + 2 <= MAX_ANNOTATION && !value.includes('\n')
      return isShort ? [`${name}: ${value}`] : [`${name}:`, ...value.split('\n').map((line) => `  ${shorten(line)}`)]
    })
}

function byName(pairs: { [name: string]: string }): [string, string][] {
  return Object.entries(pairs).sort(([a], [b]) => compareTexts(a, b))
}

function shorten(line: string): string {
  return line.length > MAX_ANNOTATION - 2 ? `${line.slice(0, MAX_ANNOTATION - 2)}...` : line
}
