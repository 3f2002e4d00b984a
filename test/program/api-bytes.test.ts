import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { BEARER, placeOf, TOKEN } from '../observe/watched-daemon.ts';
import { listen } from '../poll/findall/raw-server.ts';
import { makeTempDatabase } from '../record/postgres/temp-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox } from '../support/program-sandbox.ts';
import { startReceiver } from '../support/servers/receiver.ts';

const RUN = 'findall_40e0ab8c10754be0b7a16477abb38a2f';
const SECRET = `whsec_${Buffer.from('a secret of this test, long enough').toString('base64')}`;

/** As the API sends it: keys in no order of JavaScript, digits, escapes and a spelling of numbers that a parser loses. */
const METADATA = String.raw`{ "2" : "b", "1" : 9007199254740993125 }`;
const candidateWith = (id: string) =>
  String.raw`{ "candidate_id": "c1",
    "name": "Gr\u00e5 \ud83d\ude00 \/ ${'\u202e'}", "match_status": "matched", "price": 1.50,
    "output": {"20": "twenty", "3": "three", "id": ${id}, "half": "\ud800", "__proto__": {"a": 1e400}} }`;
const compactCandidate = (id: string) =>
  String.raw`{"candidate_id":"c1","name":"Gr\u00e5 \ud83d\ude00 \/ \u202e","match_status":"matched","price":1.50,` +
  String.raw`"output":{"20":"twenty","3":"three","id":${id},"half":"\ufffd","__proto__":{"a":1e400}}`;
const [FIRST, SECOND] = ['9007199254740993123', '9007199254740993124'];

const bodyWith = (id: string) => `{ "run": { "findall_id": "${RUN}", "metadata": ${METADATA},
  "status": { "status": "running", "is_active": true, "budget": 12345678901234567890 } },
  "candidates": [ ${candidateWith(id)} ] }`;

test.each([
  ['a file', () => Promise.resolve(undefined)],
  ['PostgreSQL', () => makeTempDatabase()],
])(
  'what the API sent arrives with its digits, keys and text everywhere: the state in %s',
  async (_, place) => {
    let body = bodyWith(FIRST);
    const { url } = await listen((request, response) => {
      const isResult = request.url?.endsWith('/result') === true;
      response
        .writeHead(isResult ? 200 : 404, { 'content-type': 'application/json' })
        .end(isResult ? body : '{}');
    });
    const [plain, enveloped, worded] = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
    const database = await place();
    const sandbox = await openSandbox({
      scenarios: ['never-ends'],
      env: { PARALLEL_BASE_URL: url, ...(database === undefined ? {} : { FINDALL_WATCH_STORE: database }) },
    });
    const { directory, run, start } = sandbox;
    const config = join(directory, 'watch.yaml');
    writeFileSync(
      config,
      `http: { port: 0, token: ${TOKEN} }
poll: { interval: 50ms, maxInterval: 50ms }
sinks:
  - { name: log, type: log }
  - { name: plain, type: webhook, url: "${plain.url}", secret: "${SECRET}" }
  - { name: enveloped, type: webhook, url: "${enveloped.url}", format: cloudevents }
  - { name: worded, type: webhook, url: "${worded.url}", template: '{"id": {{ event.data.output.id }}, "all": {{ event.data.output.id | json }}, "above": {{ event.data.output.id | at_least: 5 | json }}}' }
  - { name: file, type: file, path: "${directory}/events.jsonl" }
  - { name: command, type: command, command: [sh, -c, 'cat >> "$0"', "${directory}/stdin.jsonl"] }
`,
    );
    await run(['track', RUN]);
    const daemon = start(['serve', '--config', config]);
    const at = await placeOf(daemon);
    await plain.waitFor(1);
    body = bodyWith(SECOND);
    await plain.waitFor(2);
    await Promise.all([enveloped.waitFor(2), worded.waitFor(2)]);
    await eventually(() => linesOf(`${directory}/events.jsonl`).length === 2);
    await eventually(() => linesOf(`${directory}/stdin.jsonl`).length === 2);
    await eventually(() => logged(daemon.stdout()).length === 2);

    const metadata = `"metadata":${METADATA.replaceAll(' ', '')}`;
    const dataTexts = [FIRST, SECOND].map((id) => `"data":${compactCandidate(id)},"findall_id":"${RUN}"}}`);
    const outputs: [string, readonly string[]][] = [
      ['webhook', plain.deliveries.map(({ text }) => text)],
      ['cloudevents', enveloped.deliveries.map(({ text }) => text)],
      ['file', linesOf(`${directory}/events.jsonl`)],
      ['command', linesOf(`${directory}/stdin.jsonl`)],
      ['log', logged(daemon.stdout())],
      ['events --json', (await run(['events', '--json'])).stdout.trimEnd().split('\n')],
      ['stream', await streamed(`${at}/v1/events`, 2)],
    ];
    for (const [output, lines] of outputs) {
      const seen = [0, 1].map((index) => [
        lines[index]?.includes(metadata),
        lines[index]?.includes(dataTexts[index]!),
      ]);
      expect([output, lines.length, seen]).toEqual([
        output,
        2,
        [
          [true, true],
          [true, true],
        ],
      ]);
    }
    const [first] = plain.deliveries;
    const signed = new Webhook(SECRET).verify(first!.text, first!.headers as Record<string, string>);
    expect(signed).toMatchObject({ type: 'findall.candidate.matched' });
    expect(worded.deliveries.map(({ text }) => text)).toEqual(
      [FIRST, SECOND].map((id) => `{"id": ${id}, "all": ${id}, "above": 9007199254740993000}`),
    );

    const now = `${compactCandidate(SECOND)}}`;
    const [id] = plain.deliveries.map((one) => one.id);
    const answer = async (path: string) => await (await fetch(`${at}${path}`, AUTHORIZED)).text();
    expect((await run(['show', RUN, '--json'])).stdout).toContain(`"candidates":[${now}]`);
    expect((await run(['show', RUN, '--json'])).stdout).toContain('"budget":12345678901234567890');
    expect((await run(['explain', id!, '--json'])).stdout).toContain(dataTexts[0]);
    expect(await answer(`/v1/runs/${RUN}`)).toContain(`"candidates":[${now}]`);
    expect(await answer('/v1/events')).toContain(dataTexts[1]);
    expect((await run(['show', RUN])).stdout).toContain(SECOND);
    await sandbox.startHere(['follow', RUN, '--all', '--json']).says(dataTexts[0]!);
  },
);

const AUTHORIZED = { headers: BEARER };

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

/** The lines of the log that hold an event. */
function logged(stdout: string): string[] {
  return stdout.split('\n').filter((line) => line.includes('"event":{'));
}

/** The data of the first events of the stream. */
async function streamed(url: string, count: number): Promise<string[]> {
  const response = await fetch(url, {
    headers: { ...BEARER, accept: 'text/event-stream' },
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.match(/^data: .*\n\n/gm)?.length === count) break;
  }
  return text.split('\n').filter((line) => line.startsWith('data: '));
}
