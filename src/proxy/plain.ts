/** A mapping as YAML or JSON gives it, before anybody knows what is in it. */
export type Plain = Readonly<Record<string, unknown>>

export function plain(value: unknown): Plain {
  return isPlain(value) ? value : {}
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function text(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}

export function flag(value: unknown, fallback: boolean): boolean {
  return typeof value === 'boolean' ? value : fallback
}

export function number(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
