import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ENVIRONMENT } from '../../src/config/reading/overlays.ts';
import { configured } from '../config/config-harness.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile');
const [, user = '', group = ''] = /^USER (\d+):(\d+)$/m.exec(dockerfile) ?? [];
const [, state = ''] = /STATE_DIRECTORY=(\S+)/.exec(dockerfile) ?? [];
const [, configuration = ''] = /CONFIGURATION_DIRECTORY=(\S+)/.exec(dockerfile) ?? [];
const [, port = ''] = /FINDALL_WATCH_HTTP_PORT=(\d+)/.exec(dockerfile) ?? [];
/** The program's own deadline after SIGTERM. */
const GRACE_S = Number(/GRACE_MS = (\d+)/.exec(read('src/commands/serve/serve.ts'))?.[1]) / 1000;

const known = new Set(ENVIRONMENT.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])));

it('the image runs what the build makes, and its context holds what the build needs', () => {
  expect([...dockerfile.matchAll(/"(\/app\/[^"]+)"/g)].map((match) => match[1])).toEqual([
    ...['/app/dist/findall-watch.mjs', '/app/dist/findall-watch.mjs'],
  ]);
  const context = read('.dockerignore').split('\n');
  for (const needed of ['package.json', 'package-lock.json', '.build.ts', 'src'])
    expect(context).toContain(`!${needed}`);
});

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

describe('the compose file of several replicas', () => {
  interface Compose {
    services: Record<'findall-watch' | 'postgres', Record<string, unknown>> & {
      'findall-watch': { environment: Record<string, string>; secrets: string[] };
    };
    configs: { replicas: { content: string } };
    secrets: Record<string, { file: string }>;
  }
  const { services, configs, secrets } = parse(read('config/compose.replicas.yaml')) as Compose;
  const service = services['findall-watch'];
  const [single] = Object.values(
    (parse(read('config/compose.yaml')) as { services: Record<string, Record<string, unknown>> }).services,
  );

  it('gives three containers what the only one of the other file has, and no volume', () => {
    const same = ['build', 'image', 'read_only', 'tmpfs', 'cap_drop', 'security_opt', 'mem_limit'];
    for (const key of [...same, 'stop_grace_period', 'restart']) expect(service[key]).toEqual(single?.[key]);
    expect(service).toMatchObject({ deploy: { replicas: 3 } });
    expect(service).not.toHaveProperty('volumes');
    expect(service).not.toHaveProperty('container_name');
  });

  it('hands key and password over as files, to daemons and database', () => {
    const { environment } = service;
    expect(
      Object.keys(environment).filter((name) => !known.has(name) && name !== 'DATABASE_PASSWORD_FILE'),
    ).toEqual([]);
    expect(service.secrets).toEqual(Object.keys(secrets));
    for (const name of ['PARALLEL_API_KEY_FILE', 'DATABASE_PASSWORD_FILE'])
      expect(service.secrets.map((secret) => `/run/secrets/${secret}`)).toContain(environment[name]);
    expect(services.postgres).toMatchObject({
      environment: { POSTGRES_PASSWORD_FILE: environment['DATABASE_PASSWORD_FILE'] },
      secrets: ['database_password'],
    });
  });

  it('has a configuration that the program takes, for that database', () => {
    expect(service['configs']).toEqual([
      { source: 'replicas', target: service.environment['FINDALL_WATCH_CONFIG'] },
    ]);
    // As Compose reads it.
    const yaml = configs.replicas.content.replaceAll('$$', '$');
    const { config } = configured(yaml).load({ DATABASE_PASSWORD: 'p%2Fw' });
    const url = new URL(config.store.path);
    const { POSTGRES_USER: who, POSTGRES_DB: name } = services.postgres['environment'] as Record<
      string,
      string
    >;
    expect([url.username, url.password, url.hostname, url.pathname]).toEqual([
      ...[who, 'p%2Fw', 'postgres', `/${name}`],
    ]);
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
    const { config } = configured(of('ConfigMap').data['findall-watch.yaml'] ?? '').load();
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: Number(port) });
    expect(container.ports).toEqual([{ name: 'http', containerPort: Number(port) }]);
    expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(configuration);
    const secrets = container.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath;
    expect(container.env[0]?.value).toBe(`${secrets}/PARALLEL_API_KEY`);
  });
});

describe('the Kubernetes manifest of several replicas', () => {
  type Manifest = { kind: string; spec: Record<string, unknown>; data: Record<string, string> };
  const all = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest);
  const documents = all('config/kubernetes.replicas.yaml');
  const find = (kind: string, among = documents) => {
    const found = among.find((each) => each.kind === kind);
    if (found === undefined) throw new Error(`no ${kind}`);
    return found;
  };
  const podOf = (deployment: Manifest) =>
    (deployment.spec as { template: { spec: Record<string, unknown> & { containers: [Pod] } } }).template
      .spec;
  interface Pod extends Record<string, unknown> {
    env: { name: string; value: string }[];
    volumeMounts: { name: string; mountPath: string }[];
  }
  const pod = podOf(find('Deployment'));
  const single = podOf(find('Deployment', all('config/kubernetes.yaml')));

  it('runs three with nothing of their own, one of which at most is away on purpose', () => {
    expect(documents.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Deployment', 'PodDisruptionBudget']);
    expect(find('Deployment').spec).toMatchObject({ replicas: 3, strategy: { type: 'RollingUpdate' } });
    expect(find('PodDisruptionBudget').spec).toMatchObject({
      maxUnavailable: 1,
      selector: find('Deployment').spec['selector'],
    });
    expect((pod['volumes'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'config',
      'secrets',
      'tmp',
    ]);
    expect(pod.containers[0].volumeMounts.map(({ name }) => name)).toEqual(['config', 'secrets', 'tmp']);
  });

  it('gives each the rights, probes and time to stop that the only one of the other file has', () => {
    expect(pod['terminationGracePeriodSeconds']).toBe(single['terminationGracePeriodSeconds']);
    for (const key of ['image', 'ports', 'livenessProbe', 'readinessProbe', 'securityContext', 'resources'])
      expect(pod.containers[0][key]).toEqual(single.containers[0][key]);
    expect(pod['securityContext']).toEqual({
      ...(single['securityContext'] as object),
      fsGroupChangePolicy: undefined,
    });
  });

  it('has a configuration that the program takes, whose password comes from the secret', () => {
    const { env } = pod.containers[0];
    expect(env.map(({ name }) => name)).toEqual(['PARALLEL_API_KEY_FILE', 'DATABASE_PASSWORD_FILE']);
    for (const { name, value } of env)
      expect(value).toBe(`/run/secrets/findall-watch/${name.replace('_FILE', '')}`);
    const yaml = find('ConfigMap').data['findall-watch.yaml'] ?? '';
    const { config } = configured(yaml).load({ DATABASE_PASSWORD: 'pw' });
    expect(new URL(config.store.path).password).toBe('pw');
    const certificate = new URL(config.store.path).searchParams.get('sslrootcert');
    expect(Object.keys(find('ConfigMap').data).map((name) => `${configuration}/${name}`)).toContain(
      certificate,
    );
  });
});
