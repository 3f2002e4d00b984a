import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ENVIRONMENT } from '../../src/config/overlays.ts';
import { houseWith } from './house.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile');
const [, user = '', group = ''] = /^USER (\d+):(\d+)$/m.exec(dockerfile) ?? [];
const [, state = ''] = /STATE_DIRECTORY=(\S+)/.exec(dockerfile) ?? [];
const [, configuration = ''] = /CONFIGURATION_DIRECTORY=(\S+)/.exec(dockerfile) ?? [];
const [, port = ''] = /FINDALL_WATCH_HTTP_PORT=(\d+)/.exec(dockerfile) ?? [];
/** The program's own deadline after SIGTERM. */
const GRACE_S = Number(/GRACE_MS = (\d+)/.exec(read('src/commands/serve.ts'))?.[1]) / 1000;

const known = new Set(ENVIRONMENT.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])));

describe('the compose file', () => {
  interface Compose {
    services: { 'findall-watch': Record<string, unknown> & { environment: Record<string, string> } };
    secrets: Record<string, { file: string }>;
    volumes: Record<string, unknown>;
  }
  const { services, secrets, volumes } = parse(read('config/compose.yaml')) as Compose;
  const service = services['findall-watch'];

  it('gives the container no rights, one volume where the image has its state, and time to stop', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], tmpfs: ['/tmp'] });
    expect(service.volumes).toEqual([`state:${state}`]);
    expect(Object.keys(volumes)).toEqual(['state']);
    expect(Number.parseInt(String(service.stop_grace_period), 10)).toBeGreaterThan(GRACE_S);
    expect(service).not.toHaveProperty('user');
  });

  it('names only variables that the program knows, and hands the key over as a file', () => {
    const { environment } = service;
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    expect(service.secrets).toEqual(Object.keys(secrets));
    expect(environment.PARALLEL_API_KEY_FILE).toBe(`/run/secrets/${Object.keys(secrets)[0]}`);
    expect(read('config/compose.yaml')).toContain(`:${configuration}/findall-watch.yaml:ro`);
  });
});

describe('the Kubernetes manifest', () => {
  interface Container {
    env: { name: string; value: string }[];
    ports: { name: string; containerPort: number }[];
    livenessProbe: { httpGet: { path: string; port: string } };
    readinessProbe: { httpGet: { path: string; port: string } };
    securityContext: unknown;
    volumeMounts: { name: string; mountPath: string }[];
  }
  interface Manifest {
    kind: string;
    metadata: { name: string };
    data: Record<string, string>;
    spec: {
      replicas: number;
      strategy: unknown;
      selector: { matchLabels: unknown };
      template: {
        metadata: { labels: unknown };
        spec: {
          terminationGracePeriodSeconds: number;
          securityContext: unknown;
          containers: [Container];
          volumes: {
            name: string;
            configMap?: { name: string };
            persistentVolumeClaim?: { claimName: string };
            secret?: { defaultMode: number };
          }[];
        };
      };
    };
  }
  const documents = parseAllDocuments(read('config/kubernetes.yaml')).map(
    (document) => document.toJS() as Manifest,
  );
  const of = (kind: string) => {
    const found = documents.find((each) => each.kind === kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return found;
  };
  const { spec } = of('Deployment');
  const pod = spec.template.spec;
  const [container] = pod.containers;

  it('runs one process on one volume, the old one gone before the new one starts', () => {
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(GRACE_S);
    const volume = pod.volumes.find(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined);
    expect(volume?.persistentVolumeClaim?.claimName).toBe(of('PersistentVolumeClaim').metadata.name);
    expect(container.volumeMounts).toContainEqual({ name: volume?.name, mountPath: state });
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(
      pod.volumes.map(({ name }) => name).toSorted(),
    );
  });

  it("is the image's user without rights, who can read the secrets", () => {
    expect(pod.securityContext).toMatchObject({
      ...{ runAsNonRoot: true, runAsUser: Number(user), runAsGroup: Number(group), fsGroup: Number(group) },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    });
    expect(pod.volumes.find(({ secret }) => secret !== undefined)?.secret?.defaultMode).toBe(0o440);
  });

  it('names only variables that the program knows, and a configuration that it takes, on the port that is probed', () => {
    expect(container.env.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
    const { config } = houseWith(of('ConfigMap').data['findall-watch.yaml'] ?? '').load();
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: Number(port) });
    expect(container.ports).toEqual([{ name: 'http', containerPort: Number(port) }]);
    expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(configuration);
    const secrets = container.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath;
    expect(container.env[0]?.value).toBe(`${secrets}/PARALLEL_API_KEY`);
  });
});
