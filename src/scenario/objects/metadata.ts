import { flag, labelValue, name, oneOf, text } from './rules.ts'
import { anything, list, map, object, type Shape } from './shape.ts'

/** `managedFields` and the last applied configuration are other people's bookkeeping: known, and of no consequence. */
const FIELDS = {
  labels: map(labelValue),
  annotations: map(text),
  deletionTimestamp: text,
  ownerReferences: list(object({ 'kind!': text, 'name!': text, controller: flag }, 'apiVersion blockOwnerDeletion uid')),
}
const OTHERS = 'creationTimestamp deletionGracePeriodSeconds finalizers generateName generation managedFields resourceVersion selfLink uid clusterName'

export const metadata: Shape = object({ 'name!': name, namespace: name, ...FIELDS }, OTHERS)

/** Of a pod template: the name, if any, is nobody's. */
export const templateMetadata: Shape = object({ ...FIELDS, name: anything, namespace: anything }, OTHERS)

export const labelSelector: Shape = object({
  matchLabels: map(labelValue),
  matchExpressions: list(object({ 'key!': text, 'operator!': oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'), values: list(text) })),
})

export const targetRef: Shape = object({ kind: text, namespace: text, name: text }, 'apiVersion fieldPath resourceVersion uid')

export const conditions: Shape = list(object({ 'type!': text, status: oneOf('True', 'False', 'Unknown') }, 'lastProbeTime lastHeartbeatTime lastTransitionTime lastUpdateTime message reason observedGeneration'))
