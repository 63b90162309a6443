/** RFC 3339 in whole seconds, as the Kubernetes API writes times. */
export function formatTimestamp(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}

/** Milliseconds since 1970; undefined for what is not a time. */
export function parseTimestamp(text: string | null | undefined): number | undefined {
  const milliseconds = Date.parse(text ?? '')
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** The newest time that the API server wrote into these objects' metadata and conditions: about when they were dumped. */
export function newestTimestamp(objects: readonly unknown[]): number | undefined {
  let newest: string | undefined
  const note = (value: unknown) => {
    if (typeof value === 'string' && TIMESTAMP.test(value) && (newest === undefined || value > newest)) newest = value
  }
  for (const object of objects) forEachTime(object, note)
  return parseTimestamp(newest)
}

interface Timed {
  metadata?: { creationTimestamp?: unknown; managedFields?: { time?: unknown }[] } | undefined
  status?: { conditions?: { [field: string]: unknown }[] | null } | null
}

function forEachTime(object: unknown, note: (value: unknown) => void): void {
  const { metadata, status } = object as Timed // every field is checked before it is used
  note(metadata?.creationTimestamp)
  for (const entry of metadata?.managedFields ?? []) note(entry.time)
  for (const condition of status?.conditions ?? []) for (const field in condition) note(condition[field])
}
