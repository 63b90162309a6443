import { locator } from './text/locate.ts'
import type { Origin, Place } from './text/source.ts'

/** What is wrong with the input, or worth a word, and where. Lines and columns count from 1. */
export interface Complaint {
  severity: 'error' | 'note'
  file: string
  line: number
  column: number
  message: string
  fix?: string
  /** The line, or what surrounds the place in a very long one; and how far into it the caret stands. */
  sourceLine: string
  caret: number
}

interface Draft {
  severity: Complaint['severity']
  place: Place
  message: string
  fix: string | undefined
  /** The other one, where two things contradict each other. */
  first: Origin | undefined
}

/** More than anybody reads; what comes after is only counted. */
const MOST = 50

/**
 * Collects complaints. Where they point is worked out at the end, and only for those that are shown: positions cost a second, slower reading.
 * A note that would repeat the same words is counted, not shown again.
 */
export class Complaints {
  readonly #drafts: Record<Complaint['severity'], Draft[]> = { error: [], note: [] }
  readonly #repeats = new Map<string, number>()
  #more = 0
  #errors = 0

  /** `first` is the other place that the complaint is about, which came before. */
  error(place: Place, message: string, fix?: string, first?: Origin): void {
    this.#errors++
    this.#add({ severity: 'error', place, message, fix, first })
  }

  note(place: Place, message: string, fix?: string): void {
    const times = this.#repeats.get(message) ?? 0
    this.#repeats.set(message, times + 1)
    if (times === 0) this.#add({ severity: 'note', place, message, fix, first: undefined })
  }

  /** How many errors there are, those that will not be shown among them. */
  get errors(): number {
    return this.#errors
  }

  get hasErrors(): boolean {
    return this.#errors > 0
  }

  /** How many complaints were left out because there were too many. */
  get more(): number {
    return this.#more
  }

  /** Errors first; each kind file by file in the order of the input, and from top to bottom. */
  list(): Complaint[] {
    const locate = locator()
    const files = new Map<string, number>()
    const complaints: Complaint[] = [...this.#drafts.error, ...this.#drafts.note].map(({ severity, place, message, fix, first }) => {
      const repeats = severity === 'note' ? (this.#repeats.get(message) ?? 1) - 1 : 0
      const other = first === undefined ? undefined : locate({ origin: first })
      return {
        severity,
        ...locate(place),
        message: message + (repeats > 0 ? ` (and ${repeats} more like it)` : '') + (other === undefined ? '' : `; see ${other.file}:${other.line}`),
        ...(fix === undefined ? {} : { fix }),
      }
    })
    for (const { file } of complaints) if (!files.has(file)) files.set(file, files.size)
    const rank = ({ severity, file }: Complaint) => (severity === 'error' ? 0 : files.size) + (files.get(file) ?? 0)
    return complaints.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column)
  }

  #add(draft: Draft): void {
    const kept = this.#drafts[draft.severity]
    if (kept.length < MOST) kept.push(draft)
    else this.#more++
  }
}

/** How many are printed. */
const SHOWN = 20
/** A line longer than this is shown around the caret only. */
const WIDEST = 120

/** The complaints as text: `file:line:column: error: …`, the line, a caret, the fix; and how many more there are. */
export function renderComplaints(complaints: readonly Complaint[], more = 0): string {
  const texts = complaints.slice(0, SHOWN).map(renderComplaint)
  const rest = Math.max(0, complaints.length - SHOWN) + more
  if (rest > 0) texts.push(`… and ${rest} more`)
  return texts.join('\n')
}

export function renderComplaint({ severity, file, line, column, message, fix, sourceLine, caret }: Complaint): string {
  const lines = [`${file}:${line}:${column}: ${severity}: ${message}`]
  if (sourceLine.trim() !== '') {
    const cut = Math.max(0, caret - WIDEST / 2)
    const shown = sourceLine.slice(cut, cut + WIDEST).replace(/[\t\u0000-\u001F\u007F-\u009F\u202A-\u202E]/g, ' ')
    const number = String(line)
    lines.push(`  ${number} | ${shown}`, `  ${' '.repeat(number.length)} | ${' '.repeat(caret - cut)}^`)
  }
  if (fix !== undefined) lines.push(`  ${fix}`)
  return lines.join('\n')
}
