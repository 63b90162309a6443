import { formatAddress, formatCidr } from '../kernel/address.ts'
import type { Route, RoutingTable } from '../kernel/routes.ts'

/** A machine's main table as `ip route` prints it: the default route first, then by destination. */
export function listRoutes(table: RoutingTable, shared: readonly Route[]): string[] {
  const routes = [...table.list(), ...shared]
  return routes.sort((a, b) => a.to.prefix === 0 ? -1 : b.to.prefix === 0 ? 1 : (a.to.network >>> 0) - (b.to.network >>> 0) || a.to.prefix - b.to.prefix).map(line)
}

function line({ to, via, out, source }: Route): string {
  const destination = to.prefix === 0 ? 'default' : to.prefix === 32 ? formatAddress(to.network) : formatCidr(to)
  const path = via === undefined ? `dev ${out.name} scope link src ${formatAddress(source)}` : `via ${formatAddress(via)} dev ${out.name}`
  return `${destination} ${path}${via !== undefined && out.kind === 'tunnel' ? ' onlink' : ''}`
}
