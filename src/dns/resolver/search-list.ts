import type { ResolvConf } from './resolv-conf.ts'

/** A name that is asked for in the course of a lookup. */
export interface Candidate {
  /** Without the trailing dot. */
  readonly name: string
  /** The name as the application gave it, rather than one of the search list. */
  readonly asTyped: boolean
}

/** With `ndots` dots or more, glibc and Go try the name as typed first and the search list afterwards; musl tries nothing else. */
export type EnoughDots = 'as-typed-first' | 'as-typed-only'

/** The names that a lookup tries, in order. A trailing dot means this name and no other. */
export function candidates(name: string, conf: ResolvConf, enoughDots: EnoughDots): Candidate[] {
  const rooted = name.endsWith('.')
  const asTyped: Candidate = { name: rooted ? name.slice(0, -1) : name, asTyped: true }
  if (rooted) return [asTyped]
  const root = enoughDots === 'as-typed-only' ? `${name}.` : name
  const searched = conf.search.map((domain) => ({ name: joinDomain(name, domain, root), asTyped: false }))
  if (countDots(name) < conf.ndots) return searched.some((candidate) => candidate.name === name) ? searched : [...searched, asTyped]
  return enoughDots === 'as-typed-first' ? [asTyped, ...searched] : [asTyped]
}

/** A search domain of `.` is the root: the name itself for glibc; musl makes two dots of it, which is no name. */
function joinDomain(name: string, domain: string, root: string): string {
  const bare = domain.endsWith('.') ? domain.slice(0, -1) : domain
  return bare === '' ? root : `${name}.${bare}`
}

function countDots(name: string): number {
  let dots = 0
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) === DOT) dots++
  return dots
}

const DOT = 46
const MAX_NAME = 253
const MAX_LABEL = 63

/** Whether the name fits into a question: labels of 1 to 63 characters, 253 in all (RFC 1035 2.3.4). */
export function fitsQuestion(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME) return false
  let start = 0
  for (let i = 0; i <= name.length; i++) {
    if (i < name.length && name.charCodeAt(i) !== DOT) continue
    if (i === start || i - start > MAX_LABEL) return false
    start = i + 1
  }
  return true
}
