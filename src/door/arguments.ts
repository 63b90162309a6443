import { z } from 'zod'
import { nearest } from '../engine/nearest.ts'
import { parseAddress } from '../kernel/address.ts'
import { explain, sayPath, valueAt } from '../scenario/schema/explain.ts'
import { whole } from '../scenario/schema/shape.ts'
import { InputError } from '../simulation/input-error.ts'

/**
 * Holds the arguments of a call from outside against their schema, for callers without a type checker. Throws an InputError
 * that names each wrong one, says what it must be, and suggests the word that was probably meant.
 */
export function check(call: string, schema: z.ZodType, given: unknown): void {
  const { error } = schema.safeParse(given)
  const faults = (error?.issues ?? []).flatMap((issue) => faultOf(issue, given))
  if (faults.length > 0) throw new InputError(faults.map((fault) => `${call}: ${fault}`).join('\n'))
}

/** JSON has no undefined: a field that is null counts as one that is not given. What is no object comes back as it is. */
export function withoutNulls<T>(given: T): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  // The same object with fewer fields, all of which may be left out; `check` tells if not.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) as T
}

function faultOf(issue: z.core.$ZodIssue, given: unknown): string[] {
  if (issue.code === 'unrecognized_keys') return issue.message === '' ? [] : [issue.message]
  const name = issue.path.length === 0 ? 'what it is given' : `\`${sayPath(issue.path)}\``
  const { message, fix } = explain(issue, name, valueAt(given, issue.path))
  return [fix === undefined ? message : `${message}; ${fix}`]
}

/** An object with these fields. What it has beside them is passed over, unless it looks like one of them mistyped. */
export function options<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? mistyped(issue.keys, Object.keys(shape).filter((name) => !Object.hasOwn(issue.input as object, name))) : 'must be an object'),
  })
}

function mistyped(unknown: readonly string[], missing: readonly string[]): string {
  const meant = unknown.flatMap((name) => {
    const near = nearest(name, missing)
    return near === undefined ? [] : [`there is no \`${name}\`; did you mean \`${near}\`?`]
  })
  return meant.join(' ')
}

const IPV4 = 'must be an IPv4 address, such as 10.96.0.10'

export const text = z.string()
export const address = z.string(IPV4).refine((value) => parseAddress(value) !== undefined, IPV4)
export const port = whole(0, 65_535)
export const size = whole(0, 2 ** 30)

export function callable(what: string): z.ZodType {
  return z.custom((value) => typeof value === 'function', `must be a function: ${what}`)
}

/** What a function of ours takes without throwing; else its own words say what is wrong. */
export function takenBy(read: (text: string) => unknown): z.ZodType {
  return z.string().superRefine((value, context) => {
    try {
      read(value)
    } catch (reason) {
      context.addIssue({ code: 'custom', message: reason instanceof Error ? reason.message : String(reason) })
    }
  })
}
