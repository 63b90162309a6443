import { labelSelector, metadata } from './metadata.ts'
import { podTemplate } from './pod.ts'
import { count, countOrPercent, flag, oneOf, text } from './rules.ts'
import { anything, object, type Shape } from './shape.ts'

const COMMON = { minReadySeconds: count(), 'selector!': labelSelector, 'template!': podTemplate }
const SCALED = { ...COMMON, replicas: count() }
const rollingUpdate = object({ maxSurge: countOrPercent, maxUnavailable: countOrPercent, partition: count() })

function workload(spec: Shape): Shape {
  return object({ 'metadata!': metadata, 'spec!': spec, status: object({}, STATUS) }, 'apiVersion kind')
}

const STATUS =
  'availableReplicas collisionCount conditions currentNumberScheduled currentReplicas currentRevision desiredNumberScheduled fullyLabeledReplicas numberAvailable numberMisscheduled numberReady numberUnavailable observedGeneration readyReplicas replicas terminatingReplicas unavailableReplicas updateRevision updatedNumberScheduled updatedReplicas'

export const deployment: Shape = workload(
  object(
    { ...SCALED, strategy: object({ type: oneOf('RollingUpdate', 'Recreate'), rollingUpdate }), paused: flag },
    'progressDeadlineSeconds revisionHistoryLimit',
  ),
)

export const replicaSet: Shape = workload(object(SCALED))

export const statefulSet: Shape = workload(
  object(
    {
      ...SCALED,
      serviceName: text,
      podManagementPolicy: oneOf('OrderedReady', 'Parallel'),
      updateStrategy: object({ type: oneOf('RollingUpdate', 'OnDelete'), rollingUpdate }),
      ordinals: object({ start: count() }),
    },
    'persistentVolumeClaimRetentionPolicy revisionHistoryLimit volumeClaimTemplates',
  ),
)

export const daemonSet: Shape = workload(
  object({ ...COMMON, updateStrategy: anything }, 'revisionHistoryLimit'),
)
