/** What a name below the cluster's zone asks for (CoreDNS plugin/kubernetes/parse.go). */
export interface NameRequest {
  readonly tree: 'svc' | 'pod'
  readonly namespace?: string
  /** The Service, or a pod's address with dashes. */
  readonly name?: string
  /** `endpoint.service…`: an endpoint's hostname. */
  readonly endpoint?: string
  /** `_port._protocol.service…`, underscores taken off; they need not be there. */
  readonly port?: string
  readonly protocol?: string
}

/**
 * Reads a lower-case name. `apex`: the zone itself, `svc.` or `pod.` below it, which exist and hold nothing;
 * undefined: nothing can be there.
 */
export function parseName(name: string, zone: string): NameRequest | 'apex' | undefined {
  const base = name === zone ? '' : name.slice(0, -zone.length - 1)
  if (base === '' || base === 'svc' || base === 'pod') return 'apex'
  const labels = base.split('.').reverse()
  const [tree, namespace, service, last, first, ...more] = labels
  if ((tree !== 'svc' && tree !== 'pod') || more.length > 0) return undefined
  const request = { tree, ...(namespace === undefined ? {} : { namespace }), ...(service === undefined ? {} : { name: service }) } as const
  if (last === undefined) return request
  if (first === undefined) return { ...request, endpoint: last }
  return { ...request, port: withoutUnderscore(first), protocol: withoutUnderscore(last) }
}

function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label
}

/** Whether the name lies in the zone; the empty zone is the root. Both are lower case. */
export function isBelow(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`)
}

/** The address that a name below in-addr.arpa or ip6.arpa stands for; undefined if it is not a whole one. */
export function addressOfReverse(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const bytes = name.slice(0, -'.in-addr.arpa'.length).split('.')
    return bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256) ? bytes.reverse().join('.') : undefined
  }
  if (!name.endsWith('.ip6.arpa')) return undefined
  const nibbles = name.slice(0, -'.ip6.arpa'.length).split('.')
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined
  const groups = nibbles.reverse().join('').match(/.{4}/g) ?? []
  return compressIpv6(groups.map((group) => Number.parseInt(group, 16)))
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`, the first of equals. */
function compressIpv6(groups: readonly number[]): string {
  let start = -1
  let length = 1
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (groups[end] === 0) end++
    if (end - i > length) [start, length] = [i, end - i]
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

/** The name by which an endpoint without a hostname is known: its address with dashes. */
export function dashed(address: string): string {
  const name = address.replace(/[.:]/g, '-')
  return name.endsWith('-') ? `${name}0` : name // a label may not end in a dash
}

/** The address in a dashed label; undefined if there is none. */
export function undashed(label: string): string | undefined {
  if (/^\d+-\d+-\d+-\d+$/.test(label)) {
    const address = label.replaceAll('-', '.')
    return address.split('.').every((byte) => Number(byte) < 256 && !/^0\d/.test(byte)) ? address : undefined
  }
  const address = label.replaceAll('-', ':')
  return isIpv6(address) ? address : undefined
}

function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return false
  const groups = [...head.split(':'), ...(tail ?? '').split(':')].filter((group) => group !== '')
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) || /^:[^:]|[^:]:$/.test(text)) return false
  return tail === undefined ? groups.length === 8 : groups.length < 8
}
