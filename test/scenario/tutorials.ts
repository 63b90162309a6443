/** The manifests that Service tutorials use, in block style, as people copy them. */
export const TUTORIALS: Record<string, string> = {
  redis: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: redis
spec:
  selector:
    matchLabels:
      app: test
      tier: db
  template:
    metadata:
      labels:
        app: test
        tier: db
    spec:
      containers:
        - name: redis
          image: redis
          ports:
            - containerPort: 6379
              protocol: TCP
---
apiVersion: v1
kind: Service
metadata:
  name: redis
spec:
  ports:
    - port: 6379
      protocol: TCP
  selector:
    app: test
    tier: db
`,
  'redis service': `apiVersion: v1
kind: Service
metadata:
  name: redis
spec:
  ports:
    - port: 6379
      protocol: TCP
  selector:
    app: test
    tier: db
`,
  test: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: test
spec:
  selector:
    matchLabels:
      app: test
      tier: app
  template:
    metadata:
      labels:
        app: test
        tier: app
    spec:
      containers:
        - name: test
          image: ghcr.io/subicura/test:latest
          env:
            - name: REDIS_HOST
              value: "redis"
            - name: REDIS_PORT
              value: "6379"
`,
  nodeport: `apiVersion: v1
kind: Service
metadata:
  name: test-np
spec:
  type: NodePort
  ports:
    - port: 3000
      protocol: TCP
      nodePort: 31001
  selector:
    app: test
    tier: app
`,
  loadbalancer: `apiVersion: v1
kind: Service
metadata:
  name: test-lb
spec:
  type: LoadBalancer
  ports:
    - port: 30000
      targetPort: 3000
      protocol: TCP
  selector:
    app: test
    tier: app
`,
  headless: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: nginx
        image: nginx:1.13.8
        ports:
        - containerPort: 80
          name: http
---
apiVersion: v1
kind: Service
metadata:
  name: web-svc
spec:
  clusterIP: None
  ports:
  - name: tcp
    port: 80
    targetPort: http
  selector:
    app: web
`,
  externalname: `kind: Service
apiVersion: v1
metadata:
  name: payment
  namespace: snackbar
spec:
  type: ExternalName
  externalName: pay.example.com
`,
  order: `apiVersion: v1
kind: Service
metadata:
  name: order
  namespace: snackbar
  labels:
    service: order
    project: snackbar
spec:
  type: ClusterIP
  selector:
    app: order
    project: snackbar
  ports:
  - port: 80
    targetPort: 8080
`,
}
