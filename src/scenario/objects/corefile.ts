import { compileCorefile } from '../../dns/coredns/compile.ts'
import type { Complaints } from '../complaint.ts'
import { sourceOf } from '../text/source.ts'
import { nameOf, type Located } from './read.ts'

/** Any name server will do: only what the Corefile itself says is looked at. */
const SOME_SERVER = ['192.0.2.53']

/** Complains about the Corefile in CoreDNS's ConfigMap where CoreDNS would, and notes what is not modelled. */
export function checkCorefile(one: Located, complaints: Complaints): void {
  if (one.object.kind !== 'ConfigMap' || nameOf(one) !== 'kube-system/coredns') return
  const corefile = (one.object['data'] as Record<string, unknown> | undefined)?.['Corefile'] // the shape has been checked
  if (typeof corefile !== 'string') return
  const source = sourceOf(`${one.origin.source.name} (ConfigMap coredns, Corefile)`, corefile)
  for (const { line, message, note } of compileCorefile(source.text, SOME_SERVER).problems) {
    const place = { source, offset: offsetOfLine(source.text, line) }
    if (note === true) complaints.note(place, message)
    else complaints.error(place, message)
  }
}

/** Where the words of a line begin; lines count from 1. */
function offsetOfLine(text: string, line: number): number {
  let offset = 0
  for (let i = 1; i < line; i++) {
    const end = text.indexOf('\n', offset)
    if (end < 0) return text.length
    offset = end + 1
  }
  while (text[offset] === ' ' || text[offset] === '\t') offset++
  return offset
}
