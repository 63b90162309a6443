import { z } from 'zod'
import { suggest } from '../../engine/nearest.ts'

/** Separates the messages of several unknown fields, which zod reports as one issue. */
export const NEXT_FIELD = '\n'

/** An object of ours: an unknown field is an error, with the field that was meant. */
export function fields<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownFields(issue.keys, Object.keys(shape)) : undefined),
  })
}

function unknownFields(unknown: string[], known: string[]): string {
  return unknown.map((field) => [`unknown field \`${field}\``, suggest(field, known)].filter(Boolean).join('; ')).join(NEXT_FIELD)
}

/** A whole number in a range; both ends included. */
export function whole(least: number, most: number): z.ZodNumber {
  return z.int(`must be a whole number from ${least} to ${most}`).min(least, `must be at least ${least}`).max(most, `must be at most ${most}`)
}
