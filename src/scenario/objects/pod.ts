import { conditions, metadata, templateMetadata } from './metadata.ts'
import { count, flag, ip, ipOrEmpty, isPortName, name, oneOf, port, portOrName, protocol, text } from './rules.ts'
import { anything, list, map, object, value, type Shape } from './shape.ts'

const containerPortName = value((given) =>
  typeof given === 'string' && isPortName(given) ? undefined : { must: 'must be at most 15 of a-z, 0-9 and -, with a letter among them' },
)

/** What a probe or a lifecycle hook does. */
const ACTION = {
  exec: object({ command: list(text) }),
  httpGet: object({ port: portOrName, path: text }, 'host httpHeaders scheme'),
  tcpSocket: object({ port: portOrName }, 'host'),
}

const probe = object({
  ...ACTION,
  grpc: object({ port }, 'service'),
  initialDelaySeconds: count(),
  periodSeconds: count(0),
  timeoutSeconds: count(0),
  successThreshold: count(0),
  failureThreshold: count(0),
  terminationGracePeriodSeconds: count(),
})

const hook = object({ ...ACTION, sleep: object({ seconds: count() }) })

/** An environment variable's value: the number that everybody forgets to quote is what `kubectl` refuses too. */
const variable = object({ 'name!': text, value: text, valueFrom: anything })

const container = object(
  {
    'name!': name,
    image: text,
    command: list(text),
    args: list(text),
    env: list(variable),
    ports: list(object({ 'containerPort!': port, hostPort: port, name: containerPortName, protocol, hostIP: ipOrEmpty })),
    readinessProbe: probe,
    livenessProbe: probe,
    startupProbe: probe,
    lifecycle: object({ preStop: hook, postStart: hook }, 'stopSignal'),
  },
  'envFrom imagePullPolicy resizePolicy resources restartPolicy restartPolicyRules securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir',
)

const dnsConfig = object({ nameservers: list(ip), searches: list(text), options: list(object({ 'name!': text, value: text })) })

const podSpec: Shape = object(
  {
    'containers!': list(container),
    initContainers: list(container),
    nodeName: text,
    nodeSelector: map(text),
    hostNetwork: flag,
    hostname: text,
    subdomain: text,
    dnsPolicy: oneOf('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'),
    dnsConfig,
    enableServiceLinks: flag,
    terminationGracePeriodSeconds: count(),
    setHostnameAsFQDN: flag,
    tolerations: list(object({ key: text, operator: oneOf('Exists', 'Equal'), value: text, effect: text, tolerationSeconds: anything })),
    topologySpreadConstraints: list(anything),
    readinessGates: list(object({ 'conditionType!': text })),
  },
  'activeDeadlineSeconds affinity automountServiceAccountToken ephemeralContainers hostAliases hostIPC hostPID hostUsers hostnameOverride imagePullSecrets os overhead preemptionPolicy priority priorityClassName resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates securityContext serviceAccount serviceAccountName shareProcessNamespace volumes workloadRef',
)

const containerStatuses = list(object({ name: text, ready: flag, restartCount: count() }, 'allocatedResources allocatedResourcesStatus containerID image imageID lastState resources started state stopSignal user volumeMounts'))

const podStatus = object(
  {
    phase: oneOf('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'),
    podIP: ipOrEmpty,
    podIPs: list(object({ ip: ipOrEmpty })),
    hostIP: ipOrEmpty,
    conditions,
    containerStatuses,
    initContainerStatuses: containerStatuses,
  },
  'ephemeralContainerStatuses extendedResourceClaimStatus hostIPs message nominatedNodeName observedGeneration qosClass reason resize resourceClaimStatuses startTime',
)

export const pod: Shape = object({ 'metadata!': metadata, 'spec!': podSpec, status: podStatus }, 'apiVersion kind')

export const podTemplate: Shape = object({ metadata: templateMetadata, 'spec!': podSpec })
