// Asks the validators of Backstage's own catalog model and POST
// /api/catalog/validate-entity about the same entities. It prints one line of
// JSON for each: {"name", "backstage", "waymark"}, both what is wrong or "".
'use strict';
const model = require('@backstage/catalog-model');
const { CatalogClient } = require('@backstage/catalog-client');

const client = new CatalogClient({ discoveryApi: { getBaseUrl: async () => process.env.WAYMARK_URL + '/api/catalog' }, fetchApi: { fetch } });
const token = process.env.WAYMARK_TOKEN;

// What the catalog backend does with an entity: the envelope, the policies,
// the validator of the kind, and the references from which relations follow.
const envelope = model.entityEnvelopeSchemaValidator();
const policy = model.EntityPolicies.allOf([new model.SchemaValidEntityPolicy(), new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(), new model.FieldFormatEntityPolicy()]);
const kinds = [model.apiEntityV1alpha1Validator, model.componentEntityV1alpha1Validator, model.resourceEntityV1alpha1Validator, model.groupEntityV1alpha1Validator,
  model.locationEntityV1alpha1Validator, model.userEntityV1alpha1Validator, model.systemEntityV1alpha1Validator, model.domainEntityV1alpha1Validator];
const references = { owner: 'Group', subcomponentOf: 'Component', system: 'System', domain: 'Domain', subdomainOf: 'Domain', providesApis: 'API', consumesApis: 'API',
  dependsOn: undefined, dependencyOf: undefined, memberOf: 'Group', parent: 'Group', children: 'Group', members: 'User' };
const stated = { Component: ['owner', 'subcomponentOf', 'system', 'providesApis', 'consumesApis', 'dependsOn', 'dependencyOf'], API: ['owner', 'system'],
  Resource: ['owner', 'system', 'dependsOn', 'dependencyOf'], System: ['owner', 'domain'], Domain: ['owner', 'subdomainOf'], User: ['memberOf'], Group: ['parent', 'children', 'members'], Location: [] };

// read replaces placeholders by text, as the reading of files does.
const read = x => {
  if (Array.isArray(x)) return x.map(read);
  if (x === null || typeof x !== 'object') return x;
  if (Object.keys(x).length === 1 && typeof x.$text === 'string') return 'text';
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, read(v)]));
};

async function backstage(entity) {
  envelope(entity);
  const whole = await policy.enforce(read(entity));
  let known = false;
  for (const kind of kinds) known = (await kind.check(whole)) || known;
  if (!known) throw new Error('No processor recognized the entity');
  for (const field of stated[whole.kind]) {
    if (!whole.spec[field]) continue;
    for (const ref of [whole.spec[field]].flat()) model.parseEntityRef(ref, { defaultKind: references[field], defaultNamespace: whole.metadata.namespace });
  }
}

const v = 'backstage.io/v1alpha1';
const good = {
  Component: { type: 'service', lifecycle: 'production', owner: 'team', system: 'shop', subcomponentOf: 'whole', providesApis: ['b', 'a'], consumesApis: ['api:x/c'], dependsOn: ['resource:db'], dependencyOf: ['component:x'] },
  API: { type: 'openapi', lifecycle: 'production', owner: 'user:ada', system: 'shop', definition: 'openapi: 3.1.0' },
  Resource: { type: 'database', owner: 'team', system: 'shop', dependsOn: ['component:a'], dependencyOf: ['component:b'] },
  System: { owner: 'team', domain: 'commerce', type: 'product' },
  Domain: { owner: 'team', subdomainOf: 'top', type: 'area' },
  Group: { type: 'team', children: ['a'], parent: 'top', members: ['ada'], profile: { displayName: 'Team', email: 'a@example.com', picture: 'https://x.example/p.png' } },
  User: { memberOf: ['team'], profile: { displayName: 'Ada', email: 'ada@example.com', picture: 'https://x.example/p.png' } },
  Location: { type: 'url', target: './a.yaml', targets: ['./b.yaml'], presence: 'optional' },
};
const entity = (kind, change) => {
  const e = structuredClone({ apiVersion: v, kind, metadata: { name: 'a' }, spec: good[kind] });
  change?.(e);
  return e;
};

const cases = [];
const add = (name, e) => cases.push([name, e]);
const show = x => {
  const text = x === undefined ? 'missing' : JSON.stringify(x);
  return text.length > 60 ? `${text.slice(0, 20)}… (${text.length})` : text;
};

// Every field of every kind with values of every sort.
const values = [undefined, '', ' ', 'x', 'a:b/c', 'a/b/c', ':a', 'a/', 'k:', 'k:/x', 1, true, null, [], {}, ['x'], [''], [1], [null], [['x']], [':'], { $text: './a.yaml' }];
for (const [kind, spec] of Object.entries(good)) {
  add(`${kind}: good`, entity(kind));
  add(`${kind}: v1beta1`, entity(kind, e => (e.apiVersion = 'backstage.io/v1beta1')));
  add(`${kind}: lower case`, entity(kind, e => (e.kind = kind.toLowerCase())));
  add(`${kind}: spec missing`, entity(kind, e => delete e.spec));
  add(`${kind}: spec null`, entity(kind, e => (e.spec = null)));
  add(`${kind}: spec a list`, entity(kind, e => (e.spec = [])));
  add(`${kind}: spec empty`, entity(kind, e => (e.spec = {})));
  add(`${kind}: more in the spec`, entity(kind, e => (e.spec.more = { any: ['thing'] })));
  for (const field of Object.keys(spec)) {
    for (const value of values) add(`${kind}.${field} = ${show(value)}`, entity(kind, e => (value === undefined ? delete e.spec[field] : (e.spec[field] = value))));
  }
}
for (const kind of ['Group', 'User']) {
  for (const field of ['displayName', 'email', 'picture']) {
    for (const value of ['', 'x', 1, null, {}]) add(`${kind}.profile.${field} = ${show(value)}`, entity(kind, e => (e.spec.profile[field] = value)));
  }
}
for (const presence of ['required', 'Required', 'never']) add(`Location.presence = ${presence}`, entity('Location', e => (e.spec.presence = presence)));

// The envelope and the metadata.
const system = change => entity('System', change);
const long = n => 'a'.repeat(n);
const meta = (field, list) => list.forEach(value => add(`metadata.${field} = ${show(value)}`, system(e => (value === undefined ? delete e.metadata[field] : (e.metadata[field] = value)))));
const odd = ['', ' ', 1, true, null, [], {}];
meta('name', [undefined, ...odd, 'A', 'a-b', 'a--b', 'a_b', 'a.b', '-a', 'a-', '.a', 'a.', '_a', 'a b', 'ä', 'a/b', 'a:b', long(63), long(64), '0', 'a..b', 'a-._b']);
meta('namespace', [undefined, ...odd, 'a', 'a-b', 'a--b', 'A', 'a.b', 'a_b', '-a', 'a-', long(63), long(64), '0', 'ä']);
meta('uid', [...odd, 'x']);
meta('etag', [...odd, 'x']);
meta('title', [...odd, 'T']);
meta('description', [...odd, 'D']);
meta('tags', [...odd, ['a'], ['a-b'], ['a--b'], ['-a'], ['A'], ['c++'], ['c#'], ['a:b'], ['a_b'], ['a.b'], ['a b'], [''], [1], [null], [long(63)], [long(64)], ['a', 'a'], ['ä']]);
for (const field of ['labels', 'annotations']) {
  meta(field, odd);
  for (const key of ['a', 'A', 'a.b', 'x/a', 'x.y/a', 'X/a', 'x.Y/a', 'x/a/b', '/a', 'x/', '', 'a b', '-a', 'a-', 'x_y/a', `${long(63)}/a`, `${long(64)}/a`, `x/${long(64)}`, `${'a.'.repeat(126)}a/a`, `${'a.'.repeat(127)}a/a`, 'ä']) {
    add(`metadata.${field} with the key ${show(key)}`, system(e => (e.metadata[field] = { [key]: 'v' })));
  }
  for (const value of ['', ' ', 'a', 'a b', 'A-b_c.d', '-a', 'a/b', long(63), long(64), 1, true, null, [], {}]) {
    add(`metadata.${field} with the value ${show(value)}`, system(e => (e.metadata[field] = { k: value })));
  }
}
for (const link of [{ url: 'https://x.example' }, { url: 'mailto:a@b.c' }, { url: 'foo' }, { url: 'foo:bar' }, { url: '//x' }, { url: '/x' }, { url: '' }, { url: 1 }, { url: 'https://' }, { url: 'http://a b' }, { url: ' https://x.example' },
  { url: 'https://[::1]/' }, { url: 'https://x:99999' }, { url: 'javascript:alert(1)' }, {}, { title: 'x' }, 'https://x.example', null, [], { url: 'a:b', title: '' }, { url: 'a:b', title: ' ' }, { url: 'a:b', title: 'T' }, { url: 'a:b', title: 1 },
  { url: 'a:b', icon: '' }, { url: 'a:b', icon: ' ' }, { url: 'a:b', icon: 'my-icon' }, { url: 'a:b', icon: 'a b' }, { url: 'a:b', type: '' }, { url: 'a:b', type: ' ' }, { url: 'a:b', type: 'T' }, { url: 'a:b', more: 1 }]) {
  add(`a link ${show(link)}`, system(e => (e.metadata.links = [link])));
}
meta('links', [...odd, [{ url: 'a:b' }, { url: 'c:d' }]]);
add('metadata with more', system(e => (e.metadata.more = { any: 1 })));
for (const value of [undefined, ...odd, 'v1', 'a/b', 'a/b/c', '/b', 'a/', 'backstage.io/v1', 'backstage.io/v1beta2', 'Backstage.io/v1alpha1', 'backstage.io/v1-a']) {
  add(`apiVersion = ${show(value)}`, system(e => (value === undefined ? delete e.apiVersion : (e.apiVersion = value))));
}
for (const value of [undefined, ...odd, 'SYSTEM', 'Gadget', 'a-b', 'a1', '1a', long(63), long(64), 'AiResource', 'Template']) {
  add(`kind = ${show(value)}`, system(e => (value === undefined ? delete e.kind : (e.kind = value))));
}
for (const value of [undefined, ...odd]) add(`metadata = ${show(value)}`, system(e => (value === undefined ? delete e.metadata : (e.metadata = value))));
for (const [key, value] of [['relations', []], ['relations', [{ type: 'a', targetRef: 'b:c/d' }]], ['status', {}], ['status', { items: [] }], ['more', 1], ['relations', 1]]) {
  add(`${key} = ${show(value)} at the root`, system(e => (e[key] = value)));
}
for (const value of [null, 1, 'x', [], {}]) add(`an entity that is ${show(value)}`, value);

// The kinds of the newer model.
add('API of type mcp-server', { apiVersion: v, kind: 'API', metadata: { name: 'a' }, spec: { type: 'mcp-server', lifecycle: 'production', owner: 'team', remotes: [{ type: 'sse', url: 'https://x.example' }] } });
add('AiResource', { apiVersion: v, kind: 'AiResource', metadata: { name: 'a' }, spec: { type: 'skill', lifecycle: 'production', owner: 'team' } });
add('Template', { apiVersion: 'scaffolder.backstage.io/v1beta3', kind: 'Template', metadata: { name: 'a' }, spec: { type: 'service', steps: [{ action: 'debug:log' }] } });

async function ours(e) {
  const got = await client.validateEntity(e, 'url:https://host.example/catalog-info.yaml', { token });
  return got.valid ? '' : got.errors.map(x => `${x.name}: ${x.message}`).join('; ');
}

(async () => {
  const seen = new Set();
  for (let i = 0; i < cases.length; i += 16) {
    await Promise.all(cases.slice(i, i + 16).map(async ([name, e]) => {
      if (seen.has(name)) throw new Error(`two cases are called ${name}`);
      seen.add(name);
      const theirs = await backstage(e).then(() => '', err => `${err.name}: ${err.message}`);
      console.log(JSON.stringify({ name, backstage: theirs, waymark: await ours(e) }));
    }));
  }
})();
