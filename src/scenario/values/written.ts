import { z } from 'zod'

/** A value that people write as a short text: what it is called, how it looks, and how it is read. */
export interface Written<T> {
  /** With its article, for "… is not a duration". */
  what: string
  /** The rule in a few words, for "write …". */
  rule: string
  examples: string[]
  /** Undefined when the text is not such a value. */
  parse(text: string): T | undefined
  /** What exactly is wrong with a text that is not such a value, where more can be said than the rule. */
  fault?(text: string): string
}

/** "`5 sec` is not a duration: write a number with its unit, such as 1m30s or 250ms" */
function notWritten<T>(kind: Written<T>, text: string): string {
  if (kind.fault !== undefined) return `\`${text}\` is not ${kind.what}: ${kind.fault(text)}`
  return `\`${text}\` is not ${kind.what}: write ${kind.rule}, such as ${kind.examples.join(' or ')}`
}

/** The schema of a field that holds such a value: YAML's own numbers are taken as their text. */
export function written<T>(kind: Written<T>): z.ZodType<T, string | number> {
  return z
    .union([z.string(), z.number()], { error: `must be ${kind.what}: ${kind.rule}, such as ${kind.examples.join(' or ')}` })
    .transform((raw, context) => {
      const value = kind.parse(String(raw).trim())
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: notWritten(kind, String(raw)) })
      return z.NEVER
    })
    .meta({ description: `${kind.what}: ${kind.rule}`, examples: kind.examples })
}
