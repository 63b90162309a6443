import type { Address } from '../kernel/address.ts'
import type { Request } from './request.ts'

/** Where requests go, once a name is an address. The port of a ping is 0. */
export interface Destination {
  address: Address
  port: number
}

/** Turns the target into an address, at once or later; a failure is what the application would see. */
export interface NameService {
  /** The one address, where it is known before anybody asks. */
  readonly fixed?: Destination
  resolve(request: Request, done: (request: Request, result: Destination | { failure: string }) => void): void
}

/** Sends requests over one transport, from one network namespace. */
export interface Client {
  /** Takes the request from here: it ends by `Requests.succeed` or `fail`. */
  send(request: Request): void
  /** The process is gone: what it has open is closed, and requests that wait for an answer fail as `CALLER_ENDED`. */
  close(): void
}

/** Why a request failed whose own process has ended. */
export const CALLER_ENDED = 'caller ended'

/** What all transports need to know of the requests that they carry. */
export interface RequestShape {
  requestBytes: number
  responseBytes: number | undefined
  /** Only for the first of several attempts that must share a port. */
  sourcePort?: number
}

/** A target that is an address already. */
export function fixedDestination(destination: Destination): NameService {
  return { fixed: destination, resolve: (request, done) => done(request, destination) }
}
