import type { z } from 'zod'
import type { Shape } from '../objects/shape.ts'

/** What a path may go through: made from the schema of our own kind, and from the shapes of Kubernetes' kinds. */
export type Guide =
  | { is: 'object'; fields: readonly string[]; at: (field: string) => Guide | undefined }
  | { is: 'list'; of: Guide }
  /** Its keys are anything, dots included. */
  | { is: 'map' }
  /** Nobody checks what is inside. */
  | { is: 'free' }
  | { is: 'value' }

export function guideOfShape(shape: Shape): Guide {
  if (shape.is === 'object') {
    return {
      is: 'object',
      fields: [...shape.fields.keys()],
      at: (field) => {
        const inner = shape.fields.get(field)
        return inner === undefined ? undefined : guideOfShape(inner)
      },
    }
  }
  if (shape.is === 'list') return { is: 'list', of: guideOfShape(shape.of) }
  return shape.is === 'anything' ? { is: 'free' } : { is: shape.is }
}

export function guideOfSchema(schema: z.core.$ZodType): Guide {
  const { def } = schema._zod as z.core.$ZodTypes['_zod']
  switch (def.type) {
    case 'object':
      return {
        is: 'object',
        fields: Object.keys(def.shape),
        at: (field) => {
          const inner = Object.hasOwn(def.shape, field) ? def.shape[field] : undefined
          return inner === undefined ? undefined : guideOfSchema(inner)
        },
      }
    case 'array':
      return { is: 'list', of: guideOfSchema(def.element) }
    case 'record':
      return { is: 'map' }
    case 'default':
    case 'prefault':
    case 'optional':
      return guideOfSchema(def.innerType)
    case 'pipe':
      return guideOfSchema(def.in)
    // The alternatives of a union differ in their fields; the check of the whole says which are wrong.
    case 'union':
      return { is: def.options.every((option) => guideOfSchema(option).is === 'value') ? 'value' : 'free' }
    default:
      return { is: 'value' }
  }
}
