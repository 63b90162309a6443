import type { Lookups } from '../../dns/lookups.ts'
import { parseAddress } from '../../kernel/address.ts'
import type { Destination, NameService } from '../../traffic/client.ts'
import type { Request } from '../../traffic/request.ts'

/** What the application says when getaddrinfo() fails, whatever the reason. */
export const NOT_RESOLVED = 'name not resolved'

/** Resolves the target's name for each request that needs an address. */
export function resolving(lookups: Lookups, name: string, port: number): NameService {
  return { resolve: (request, done) => resolve(lookups, name, port, request, done) }
}

function resolve(lookups: Lookups, name: string, port: number, request: Request, done: (request: Request, result: Destination | { failure: string }) => void): void {
  // A request that is given up while its thread still waits is used again for another; no two of them start at one time.
  const { start } = request
  lookups.resolve(name, request.ledger, request.journey, ({ error, addresses }, queries) => {
    if (request.isDone || request.start !== start) return
    request.queries = queries
    if (error !== undefined) return done(request, { failure: NOT_RESOLVED })
    const address = addresses.map((text) => parseAddress(text)).find((parsed) => parsed !== undefined)
    done(request, address === undefined ? { failure: 'no route to host' } : { address, port })
  })
}
