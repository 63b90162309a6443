import type { Interface } from '../../interface.ts'

/** Is it the interface of that name, or of a name that begins so if it ends in `+`? No interface has the empty name. */
export function interfaceTest(name: string): (networkInterface: Interface | null) => boolean {
  if (!name.endsWith('+')) return (networkInterface) => networkInterface !== null && networkInterface.name === name
  const beginning = name.slice(0, -1)
  return (networkInterface) => (networkInterface?.name ?? '').startsWith(beginning)
}
