import { formatAddress } from '../kernel/address.ts'
import type { Client, Destination, NameService } from './client.ts'
import type { Request, Requests } from './request.ts'

/** Requests that are lookups and nothing else: answered when the name is an address. */
export class DnsClient implements Client {
  readonly #requests: Requests
  readonly #names: NameService

  constructor(requests: Requests, names: NameService) {
    this.#requests = requests
    this.#names = names
  }

  send(request: Request): void {
    this.#names.resolve(request, this.#resolved)
  }

  close(): void {
    // A lookup that is under way ends by itself.
  }

  /** The address takes the place of the backend in reports: it is what the caller got. */
  readonly #resolved = (request: Request, result: Destination | { failure: string }): void => {
    request.resolved = this.#requests.now
    request.connected = request.resolved
    if ('failure' in result) this.#requests.fail(request, result.failure)
    else this.#requests.succeed(request, { backend: formatAddress(result.address), port: 0, source: 0 })
  }
}
