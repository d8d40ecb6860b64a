// Calls every method of Backstage's own scaffolder client against a server
// that holds the templates of scaffolder_client_test.go. It prints one line of
// JSON for each check: {"name", "error"}.
'use strict';
const assert = require('node:assert/strict');
// The client's event source is made for browsers.
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.window = globalThis;
const { ScaffolderClient } = require('@backstage/plugin-scaffolder-common');

const { WAYMARK_URL, WAYMARK_TOKEN, WAYMARK_VIEWER } = process.env;
const base = WAYMARK_URL + '/api/scaffolder';
const called = new Set();

// as is the client with a token in every request, as a browser's session has.
function as(token, more) {
  const plain = new ScaffolderClient({
    discoveryApi: { getBaseUrl: async () => base },
    fetchApi: { fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, Authorization: `Bearer ${token}` } }) },
    identityApi: { getBackstageIdentity: async () => ({ type: 'user', userEntityRef: 'user:default/ada', ownershipEntityRefs: [] }) },
    scmIntegrationsApi: Object.fromEntries(['azure', 'bitbucketCloud', 'bitbucketServer', 'gerrit', 'gitea', 'github', 'gitlab'].map(type => [type, {
      list: () => (type === 'github' ? [{ type, title: 'github.com', config: { host: 'github.com' } }] : []) }])),
    ...more,
  });
  return new Proxy(plain, {
    get(target, name) {
      if (typeof target[name] !== 'function') return target[name];
      return (...args) => (called.add(name), target[name](...args));
    },
  });
}
const client = as(WAYMARK_TOKEN);
const watcher = as(WAYMARK_VIEWER);

const owner = 'group:default/payments-team';
const ask = (templateRef, values, secrets) => client.scaffold({ templateRef, values: { owner, ...values }, secrets });

// events collects all that a stream brings until it completes.
function events(of, request) {
  return new Promise((resolve, reject) => {
    const list = [];
    of.streamLogs(request).subscribe({ next: e => list.push(e), complete: () => resolve(list), error: reject });
  });
}

async function refused(promise, status, name, message) {
  const err = await promise.then(() => assert.fail(`not refused with ${status}`), e => e);
  assert.equal(err.name, 'ResponseError', String(err));
  assert.deepEqual([err.statusCode, err.cause.name], [status, name], err.cause.message);
  if (message) assert.match(err.cause.message, message);
}

async function settled(id) {
  for (const end = Date.now() + 30000; Date.now() < end; await new Promise(done => setTimeout(done, 50))) {
    const task = await client.getTask(id);
    if (!['open', 'processing'].includes(task.status)) return task;
  }
  throw new Error(`${id} does not end`);
}

let made; // the id of a task that has ended well

const checks = {
  async 'getTemplateParameterSchema'() {
    const form = await client.getTemplateParameterSchema('template:default/client-path');
    assert.equal(form.title, 'Path of the client');
    assert.deepEqual(form.steps.map(s => s.title), ['Names', 'More']);
    assert.deepEqual(form.steps[0].schema.required, ['repoName', 'owner']);
    assert.equal(form.steps[0].schema.properties.repoName['ui:field'], 'EntityNamePicker');
    assert.deepEqual(Object.keys(form.steps[0].schema.properties), ['repoName', 'owner'], 'in the order of the file');
    assert.equal(form.presentation.buttonLabels.createButtonText, 'Make it');
    await refused(client.getTemplateParameterSchema('template:default/none'), 404, 'NotFoundError');
  },
  async 'listActions'() {
    const all = await client.listActions();
    const fetched = all.find(a => a.id === 'fetch:template');
    assert.equal(fetched.schema.input.type, 'object');
    assert.ok(fetched.description);
    for (const id of ['fetch:plain', 'publish:git', 'catalog:register', 'debug:log']) assert.ok(all.some(a => a.id === id), id);
  },
  async 'listTemplatingExtensions'() {
    const { filters, globals } = await client.listTemplatingExtensions();
    for (const name of ['parseRepoUrl', 'parseEntityRef', 'pick', 'projectSlug', 'dump']) assert.ok(filters[name], name);
    assert.ok(globals.functions.range && globals.values);
  },
  async 'getIntegrationsList'() {
    assert.deepEqual(await client.getIntegrationsList({ allowedHosts: ['github.com'] }),
      { integrations: [{ type: 'github', title: 'github.com', host: 'github.com' }] });
  },
  async 'autocomplete'() {
    const { results } = await client.autocomplete({ token: '', provider: 'waymark', resource: 'owners', context: {} });
    assert.ok(Array.isArray(results));
    await refused(client.autocomplete({ token: '', provider: 'elsewhere', resource: 'owners', context: {} }), 400, 'InputError', /Unsupported provider/);
  },
  async 'scaffold and streamLogs'() {
    const { taskId } = await ask('template:default/client-path', { repoName: 'made-by-client', count: 3 }, { token: 'canary-of-a-client' });
    const list = await events(client, { taskId });
    const last = list.at(-1);
    assert.equal(last.type, 'completion');
    assert.equal(last.body.status, 'completed', JSON.stringify(list.map(e => e.body.message)));
    assert.equal(last.body.output.entityRef, 'component:default/made-by-client');
    assert.deepEqual(last.body.output.links.map(l => l.title), ['Repository']);
    const ids = list.map(e => e.id);
    assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b), 'ids grow');
    const states = step => list.filter(e => e.body.stepId === step && e.body.status).map(e => e.body.status);
    assert.deepEqual(states('files'), ['processing', 'completed']);
    assert.deepEqual(states('never'), ['processing', 'skipped']);
    assert.ok(!JSON.stringify(list).includes('canary-of-a-client'), 'the secret is in an event');
    assert.equal(list.filter(e => e.body.message.startsWith('counted')).length, 3, 'each item once');
    made = taskId;
  },
  async 'streamLogs: from an event on'() {
    const all = await events(client, { taskId: made });
    const rest = await events(client, { taskId: made, after: all[4].id });
    assert.deepEqual(rest.map(e => e.id), all.slice(5).map(e => e.id));
  },
  async 'streamLogs: by long polling'() {
    const polled = await events(as(WAYMARK_TOKEN, { useLongPollingLogs: true }), { taskId: made });
    assert.deepEqual(polled, await events(client, { taskId: made }));
  },
  async 'getTask'() {
    const task = await client.getTask(made);
    assert.equal(task.status, 'completed');
    assert.equal(task.createdBy, 'user:default/ada');
    assert.equal(task.spec.templateInfo.entityRef, 'template:default/client-path');
    assert.equal(task.spec.parameters.repoName, 'made-by-client');
    assert.deepEqual(task.spec.steps.map(s => s.id), ['files', 'count', 'never', 'info', 'publish', 'register']);
    assert.ok(!Number.isNaN(Date.parse(task.createdAt)) && task.lastHeartbeatAt);
    assert.ok(!JSON.stringify(task).includes('canary-of-a-client'), 'the secret is in the task');
    await refused(client.getTask('run_none'), 404, 'NotFoundError');
  },
  async 'listTasks'() {
    const { tasks, totalTasks } = await client.listTasks({ filterByOwnership: 'owned' });
    assert.ok(tasks.some(t => t.id === made) && totalTasks === tasks.length);
    assert.ok(tasks.every(t => t.createdBy === 'user:default/ada'));
    const page = await client.listTasks({ filterByOwnership: 'all', limit: 1, offset: 0 });
    assert.equal(page.tasks.length, 1);
    const get = async query => (await fetch(`${base}/v2/tasks?${query}`, { headers: { Authorization: `Bearer ${WAYMARK_TOKEN}` } })).json();
    assert.ok((await get('status=completed&status=failed')).tasks.every(t => ['completed', 'failed'].includes(t.status)));
    const times = (await get('order=asc:created_at')).tasks.map(t => t.createdAt);
    assert.deepEqual(times, [...times].sort());
    assert.equal((await get('order=asc:shape')).error.name, 'InputError');
  },
  async 'a task of another team is invisible'() {
    await refused(watcher.getTask(made), 404, 'NotFoundError');
    await refused(watcher.cancelTask(made), 404, 'NotFoundError');
    await refused(watcher.retry(made), 404, 'NotFoundError');
    assert.ok(!(await watcher.listTasks({ filterByOwnership: 'all' })).tasks.some(t => t.id === made));
    for (const path of ['eventstream', 'events']) {
      assert.equal((await fetch(`${base}/v2/tasks/${made}/${path}`, { headers: { Authorization: `Bearer ${WAYMARK_VIEWER}` } })).status, 404, path);
    }
    await assert.rejects(watcher.scaffold({ templateRef: 'template:default/client-path', values: { owner, repoName: 'not-theirs' } }), /403/);
    assert.equal((await fetch(`${base}/v2/tasks`)).status, 401);
  },
  async 'scaffold: faults of the values'() {
    const err = await ask('template:default/client-path', { repoName: 'Not A Name', count: 'three' }).then(() => assert.fail('not refused'), e => e);
    assert.match(err.message, /400/);
    const { errors } = JSON.parse(err.message.slice(err.message.indexOf('{')));
    assert.ok(errors.some(e => e.property === 'instance.count'), JSON.stringify(errors));
    await assert.rejects(ask('template:default/client-path', { repoName: 'made-by-client' }), /already/);
    await assert.rejects(ask('template:default/none', {}), /404/);
  },
  async 'a task that fails, and retry'() {
    const { taskId } = await ask('template:default/client-failing', {});
    let list = await events(client, { taskId });
    assert.deepEqual([list.at(-1).body.status, list.at(-1).body.error.stepId], ['failed', 'register']);
    const said = () => list.map(e => e.body.message);
    assert.ok(said().includes('tidied up'), said().join('\n'));
    const before = list.at(-1).id;
    assert.deepEqual(await client.retry(taskId), { id: taskId });
    list = await events(client, { taskId, after: before });
    assert.equal(list.at(-1).body.status, 'failed');
    assert.ok(!said().includes('said once') && said().includes('tidied up'), 'finished steps are kept, remaining ones run again');
    const tasks = await client.listTasks({ filterByOwnership: 'all' });
    assert.equal(tasks.tasks.find(t => t.id === taskId).status, 'failed');
  },
  async 'cancelTask'() {
    const { taskId } = await ask('template:default/client-slow', {});
    const following = events(client, { taskId });
    assert.deepEqual(await client.cancelTask(taskId), { status: 'cancelled' });
    const list = await following;
    assert.deepEqual(list.slice(-2).map(e => e.type), ['cancelled', 'completion']);
    assert.equal((await settled(taskId)).status, 'cancelled');
    await refused(client.cancelTask(taskId), 409, 'ConflictError');
  },
  async 'retry: only what has ended without success'() {
    await refused(client.retry(made), 409, 'ConflictError');
  },
  async 'dryRun'() {
    const template = {
      apiVersion: 'scaffolder.backstage.io/v1beta3', kind: 'Template', metadata: { name: 'sent' },
      spec: {
        type: 'service', parameters: { required: ['name'], properties: { name: { type: 'string' } } },
        steps: [{ id: 'files', action: 'fetch:template', input: { url: './skeleton', values: { name: '${{ parameters.name }}' } } },
          { id: 'out', action: 'publish:git', input: { repoUrl: 'waymark?owner=payments-team&repo=${{ parameters.name }}' } }],
        output: { remoteUrl: '${{ steps.out.output.remoteUrl }}' },
      },
    };
    const file = (path, text) => ({ path, base64Content: Buffer.from(text).toString('base64') });
    const directoryContents = [file('skeleton/${{ values.name }}.txt', 'I am ${{ values.name }}')];
    const res = await client.dryRun({ template, values: { name: 'ledger-x' }, secrets: { token: 'canary-of-a-trial' }, directoryContents });
    assert.deepEqual(res.directoryContents, [file('ledger-x.txt', 'I am ledger-x')]);
    assert.deepEqual(res.steps.map(s => s.action), ['fetch:template', 'publish:git']);
    assert.ok(res.log.length > 3 && res.log.every(l => typeof l.body.message === 'string'));
    assert.match(res.output.remoteUrl, /ledger-x/);
    await refused(watcher.dryRun({ template, values: { name: 'x' }, directoryContents }), 403, 'NotAllowedError');
    template.spec.steps[0].input.url = 'https://waymark/payments-team/made-by-client/tree/main/';
    await refused(client.dryRun({ template, values: { name: 'x' }, directoryContents }), 400, 'InputError', /only tried/);
    const large = [file('large', 'x'.repeat(11 << 20))];
    await refused(client.dryRun({ template, values: { name: 'x' }, directoryContents: large }), 413, 'PayloadTooLargeError');
  },
  async 'every method was called'() {
    const methods = Object.getOwnPropertyNames(ScaffolderClient.prototype).filter(m => !['constructor', 'streamLogsEventStream', 'streamLogsPolling', 'requestRequired'].includes(m));
    assert.deepEqual(methods.filter(m => !called.has(m)), []);
  },
};

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    const began = Date.now();
    const error = await check().then(() => '', e => e.stack ?? String(e));
    console.log(JSON.stringify({ name, error, ms: Date.now() - began }));
  }
})();
