import type { Complaint } from '../scenario/complaint.ts'

/** The input cannot be simulated. `message` is for people; `complaints` has each place. */
export class InputError extends Error {
  readonly complaints: readonly Complaint[]

  constructor(message: string, complaints: readonly Complaint[] = []) {
    super(message)
    this.name = 'InputError'
    this.complaints = complaints
  }
}
