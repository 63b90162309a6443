import { renderComplaints, type Complaint } from '../scenario/complaint.ts'
import { loadInput, type Input } from '../scenario/load.ts'
import { InputError } from './input-error.ts'
import type { WorldInput } from './ground.ts'

/** Reads and checks an input; throws an InputError that names every place if there is anything wrong with it. */
export function readInput(input: Input): WorldInput & { complaints: readonly Complaint[] } {
  const { scenario, objects, proxy, complaints, more, ok } = loadInput(input)
  if (!ok || scenario === undefined) {
    const errors = complaints.filter(({ severity }) => severity === 'error')
    throw new InputError(renderComplaints(errors, more), errors)
  }
  return { scenario, objects, proxyDocument: proxy, complaints }
}
