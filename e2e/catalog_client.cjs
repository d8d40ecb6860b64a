// Calls every method of Backstage's own catalog client against a server that
// holds the catalog of catalog_client_test.go. It prints one line of JSON for
// each check: {"name", "error"}.
'use strict';
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { CatalogClient, CATALOG_FILTER_EXISTS } = require('@backstage/catalog-client');

const { WAYMARK_URL, WAYMARK_TOKEN, WAYMARK_VIEWER, WAYMARK_WORK } = process.env;
const base = WAYMARK_URL + '/api/catalog';
const sent = []; // every request as [method, path]
const called = new Set();

const options = {
  discoveryApi: { getBaseUrl: async () => base },
  fetchApi: {
    fetch: (url, init) => {
      sent.push([init?.method ?? 'GET', url.slice(base.length)]);
      return fetch(url, init);
    },
  },
};
const plain = new CatalogClient(options);

// as is the client with a token in every call; it notes what is called.
const as = token =>
  new Proxy(plain, {
    get(target, name) {
      if (typeof target[name] !== 'function') return target[name];
      return (...args) => {
        called.add(name);
        while (args.length < target[name].length) args.push(undefined);
        args[optionsAt(name)] = { token };
        return target[name](...args);
      };
    },
  });
const optionsAt = name => (['updateLocation', 'validateEntity'].includes(name) ? 2 : 1);
const client = as(WAYMARK_TOKEN);

const names = list => list.map(e => e.metadata.name);
const file = name => `https://waymark/acme/shop/blob/main/${name}`;
const idOf = location => createHash('sha1').update(location).digest('hex');
const git = (...args) => execFileSync('git', ['-C', WAYMARK_WORK, ...args], { stdio: 'pipe' });

async function until(what, ask) {
  const end = Date.now() + 15000;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`not within 15 s: ${what}`);
    await new Promise(done => setTimeout(done, 50));
  }
}

async function refused(promise, status, name, message) {
  const err = await promise.then(() => assert.fail(`not refused with ${status}`), e => e);
  assert.equal(err.name, 'ResponseError', String(err));
  assert.deepEqual([err.statusCode, err.cause.name], [status, name], err.cause.message);
  if (message) assert.match(err.cause.message, message);
  assert.equal(err.body.response.statusCode, status);
  assert.ok(err.body.request.url.startsWith('/api/catalog/'));
}

const services = { kind: 'Component', 'spec.type': 'service' };
const numbered = n => `svc-${String(n).padStart(2, '0')}`;
const all30 = Array.from({ length: 30 }, (_, i) => numbered(i));

const checks = {
  async 'getEntities: everything'() {
    const { items } = await client.getEntities();
    const kinds = {};
    for (const e of items) kinds[e.kind] = (kinds[e.kind] ?? 0) + 1;
    assert.deepEqual({ API: kinds.API, Component: kinds.Component, Domain: kinds.Domain, Group: kinds.Group, Resource: kinds.Resource, System: kinds.System, User: kinds.User },
      { API: 2, Component: 31, Domain: 1, Group: 3, Resource: 1, System: 1, User: 2 });
    const uids = items.map(e => e.metadata.uid);
    assert.deepEqual(uids, [...uids].sort(), 'ordered by uid');
  },
  async 'getEntities: filter, fields, order'() {
    const { items } = await client.getEntities({ filter: services, fields: ['metadata.name', 'spec.type'], order: { field: 'metadata.name', order: 'desc' } });
    assert.deepEqual(items.map(e => e.metadata.name), all30.filter((_, i) => i % 2 === 0).reverse());
    assert.deepEqual(items[0], { metadata: { name: 'svc-28' }, spec: { type: 'service' } });
  },
  async 'getEntities: alternatives, existence, arrays and relations'() {
    const of = async filter => names((await client.getEntities({ filter, order: { field: 'metadata.name', order: 'asc' } })).items);
    assert.deepEqual(await of([{ kind: ['domain', 'SYSTEM'] }, { kind: 'user', 'metadata.name': 'ada' }]), ['ada', 'commerce', 'shop']);
    assert.deepEqual(await of({ 'metadata.annotations.github.com/project-slug': CATALOG_FILTER_EXISTS }), ['svc-03']);
    assert.deepEqual(await of({ 'metadata.tags.java': 'true', 'spec.lifecycle': 'experimental' }), all30.filter((_, i) => i % 3 === 0 && i % 5 === 0));
    assert.deepEqual(await of({ kind: 'component', 'relations.dependsOn': 'resource:default/orders-db' }), ['svc-01', 'svc-02']);
    assert.deepEqual(await of({ 'relations.memberof': 'Group:default/payments' }), ['ada']);
  },
  async 'getEntities: pages'() {
    const page = async (offset, limit) => names((await client.getEntities({ filter: { kind: 'component' }, order: { field: 'metadata.name', order: 'asc' }, offset, limit })).items);
    assert.deepEqual(await page(0, 3), ['part-a', 'svc-00', 'svc-01']);
    assert.deepEqual(await page(29, 10), ['svc-28', 'svc-29']);
    const { items } = await client.getEntities({ filter: { kind: 'Component' }, after: Buffer.from('{"limit":2,"offset":4}').toString('base64') });
    assert.deepEqual(names(items), ['svc-03', 'svc-04'], 'pages are by reference');
  },
  async 'getEntitiesByRefs'() {
    const entityRefs = ['component:default/svc-01', 'component:default/none', 'api:default/payments-api', 'component:default/svc-00'];
    let { items } = await client.getEntitiesByRefs({ entityRefs, fields: ['kind', 'metadata.name'] });
    assert.deepEqual(items, [{ kind: 'Component', metadata: { name: 'svc-01' } }, undefined, { kind: 'API', metadata: { name: 'payments-api' } }, { kind: 'Component', metadata: { name: 'svc-00' } }]);
    ({ items } = await client.getEntitiesByRefs({ entityRefs, filter: { 'spec.type': 'service' } }));
    assert.deepEqual(items.map(e => e?.metadata.name), [undefined, undefined, undefined, 'svc-00']);
    ({ items } = await client.getEntitiesByRefs({ entityRefs, query: { kind: { $in: ['api'] } } }));
    assert.deepEqual(items.map(e => e?.metadata.name), [undefined, undefined, 'payments-api', undefined]);
    const many = Array.from({ length: 2500 }, (_, i) => (i % 500 === 0 ? `component:default/${numbered(i / 500)}` : `component:default/none-${i}`));
    ({ items } = await client.getEntitiesByRefs({ entityRefs: many }));
    assert.equal(items.length, 2500);
    assert.deepEqual(items.filter(Boolean).map(e => e.metadata.name), ['svc-00', 'svc-01', 'svc-02', 'svc-03', 'svc-04']);
  },
  async 'queryEntities: cursors both ways, by GET'() {
    await bothWays({ filter: { kind: 'component', 'metadata.name': all30 }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 7, fields: ['metadata.name'] }, 'GET');
  },
  async 'queryEntities: cursors both ways, by POST'() {
    await bothWays({ query: { $all: [{ kind: 'component' }, { 'metadata.name': { $hasPrefix: 'SVC-' } }] }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 7, fields: ['metadata.name'] }, 'POST');
  },
  async 'queryEntities: predicates'() {
    const of = async query => names((await client.queryEntities({ query, orderFields: { field: 'metadata.name', order: 'asc' } })).items);
    assert.deepEqual(await of({ $any: [{ kind: 'domain' }, { kind: 'System' }] }), ['commerce', 'shop']);
    assert.deepEqual(await of({ kind: 'component', $not: undefined }), ['part-a', ...all30]);
    assert.deepEqual(await of({ $all: [{ kind: 'user' }, { $not: { 'metadata.name': 'ben' } }] }), ['ada']);
    assert.deepEqual(await of({ kind: 'component', 'metadata.annotations.github.com/project-slug': { $exists: true } }), ['svc-03']);
    assert.deepEqual(await of({ kind: 'component', 'metadata.tags': { $contains: 'JAVA' }, 'spec.lifecycle': 'experimental' }), all30.filter((_, i) => i % 15 === 0));
    assert.deepEqual(await of({ relations: { $contains: { type: 'dependsOn', targetRef: { $in: ['resource:default/orders-db'] } } } }), ['svc-01', 'svc-02']);
    assert.deepEqual(await of({ $any: [] }), []);
    await refused(client.queryEntities({ query: { kind: { $like: 'x' } } }), 400, 'InputError');
    await refused(client.queryEntities({ query: { kind: 'api', $any: [] } }), 400, 'InputError');
  },
  async 'queryEntities: text, counts, missing fields'() {
    let got = await client.queryEntities({ fullTextFilter: { term: 'BOOK of', fields: ['metadata.description', 'metadata.title'] } });
    assert.deepEqual([names(got.items), got.totalItems], [['svc-07'], 1]);
    got = await client.queryEntities({ filter: services, limit: 0 });
    assert.deepEqual([got.items.length, got.totalItems], [0, 15]);
    got = await client.queryEntities({ filter: services, totalItems: 'exclude', limit: 2 });
    assert.deepEqual([got.items.length, got.totalItems], [2, 0]);
    assert.ok(got.pageInfo.nextCursor && !got.pageInfo.prevCursor);
    got = await client.queryEntities({ filter: { kind: ['component', 'api', 'group'] }, orderFields: { field: 'spec.lifecycle', order: 'desc' } });
    assert.equal(got.totalItems, 33, 'those without the field are left out of items and count');
    assert.ok(got.items.every(e => e.spec.lifecycle));
    got = await client.queryEntities({ filter: services, orderFields: { field: 'metadata.name', order: 'asc' }, offset: 13 });
    assert.deepEqual(names(got.items), ['svc-26', 'svc-28']);
  },
  async 'streamEntities'() {
    const pages = [];
    for await (const page of client.streamEntities({ filter: { kind: 'component' }, pageSize: 10 })) pages.push(names(page));
    assert.deepEqual(pages.map(p => p.length), [10, 10, 10, 1]);
    assert.deepEqual(pages.flat().sort(), ['part-a', ...all30]);
  },
  async 'getEntityByRef and getEntityByName'() {
    const e = await client.getEntityByRef('Component:Default/SVC-01');
    assert.equal(e.metadata.name, 'svc-01');
    assert.equal(e.apiVersion, 'backstage.io/v1alpha1');
    assert.match(e.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.ok(e.metadata.etag);
    assert.deepEqual(e.relations, [
      { type: 'dependsOn', targetRef: 'component:default/svc-00' }, { type: 'dependsOn', targetRef: 'resource:default/orders-db' },
      { type: 'ownedBy', targetRef: 'group:default/data' }, { type: 'partOf', targetRef: 'system:default/shop' }]);
    assert.match(e.metadata.annotations['backstage.io/managed-by-origin-location'], /^file:.*shop\.yaml$/);
    assert.deepEqual(await client.getEntityByName({ kind: 'component', name: 'svc-01' }), e);
    assert.equal(await client.getEntityByRef({ kind: 'component', namespace: 'default', name: 'a b/c' }), undefined);
    const api = await client.getEntityByRef('api:default/payments-api');
    assert.match(api.spec.definition, /^openapi: 3\.1\.0/, 'the placeholder is read');
  },
  async 'getEntityAncestors'() {
    const { rootEntityRef, items } = await client.getEntityAncestors({ entityRef: 'component:default/part-a' });
    assert.equal(rootEntityRef, 'component:default/part-a');
    assert.deepEqual(items.map(i => `${i.entity.kind}:${i.entity.metadata.name}`).slice(0, 2), ['Component:part-a', 'Location:all-parts']);
    assert.deepEqual(items[0].parentEntityRefs, ['location:default/all-parts']);
    const top = items.at(-1);
    assert.equal(items[1].parentEntityRefs[0], `location:default/${top.entity.metadata.name}`);
    assert.equal((await client.getEntityByRef(items[1].parentEntityRefs[0])).spec.target, top.entity.spec.target);
    await refused(client.getEntityAncestors({ entityRef: 'component:default/none' }), 404, 'NotFoundError', /No entity named 'none' found, with kind 'component' in namespace 'default'/);
  },
  async 'getEntityFacets'() {
    let { facets } = await client.getEntityFacets({ facets: ['kind', 'spec.type', 'metadata.tags', 'spec.none'], filter: { kind: ['component', 'api'] } });
    assert.deepEqual(facets, {
      kind: [{ value: 'API', count: 2 }, { value: 'Component', count: 31 }],
      'spec.type': [{ value: 'asyncapi', count: 1 }, { value: 'library', count: 1 }, { value: 'openapi', count: 1 }, { value: 'service', count: 15 }, { value: 'website', count: 15 }],
      'metadata.tags': [{ value: 'go', count: 20 }, { value: 'java', count: 10 }], 'spec.none': [] });
    ({ facets } = await client.getEntityFacets({ facets: ['relations.ownedBy'], query: { kind: 'component' } }));
    assert.deepEqual(sent.at(-1)[0], 'POST');
    assert.deepEqual(facets['relations.ownedBy'], [{ value: 'group:default/data', count: 15 }, { value: 'group:default/payments', count: 16 }]);
  },
  async 'getLocations, queryLocations and streamLocations'() {
    const { items } = await client.getLocations();
    assert.equal(items.length, 3);
    for (const l of items) assert.deepEqual([l.type, l.id, l.entityRef], ['file', idOf('file:' + l.target), 'location:default/generated-' + l.id]);
    const got = await client.queryLocations({ query: { target: { $hasPrefix: items[0].target.toUpperCase() } } });
    assert.deepEqual(got, { items: [items[0]], totalItems: 1, pageInfo: {} });
    const pages = [];
    for await (const page of client.streamLocations({ limit: 2 })) pages.push(page.length);
    assert.deepEqual(pages, [2, 1]);
  },
  async 'addLocation: a dry run'() {
    const got = await client.addLocation({ target: file('catalog-info.yaml'), dryRun: true });
    assert.equal(got.exists, false);
    assert.deepEqual(names(got.entities), ['shop-ui', 'shop-worker']);
    assert.equal(await client.getLocationByRef('url:' + file('catalog-info.yaml')), undefined);
    await refused(client.addLocation({ target: file('broken.yaml'), dryRun: true }), 400, 'InputError');
    await refused(client.addLocation({ target: file('nowhere.yaml'), dryRun: true }), 400, 'InputError');
    await refused(client.addLocation({ type: 'file', target: '/etc/passwd' }), 400, 'InputError', /allowed type/);
  },
  async 'addLocation, and what finds it'() {
    const { location, entities } = await client.addLocation({ target: file('catalog-info.yaml') });
    assert.deepEqual(location, { id: idOf('url:' + file('catalog-info.yaml')), type: 'url', target: file('catalog-info.yaml'),
      entityRef: 'location:default/generated-' + idOf('url:' + file('catalog-info.yaml')) });
    assert.deepEqual(entities, []);
    const ui = await until('shop-ui is there', () => client.getEntityByRef('component:default/shop-ui'));
    assert.equal(ui.metadata.annotations['backstage.io/managed-by-origin-location'], 'url:' + file('catalog-info.yaml'));
    assert.deepEqual(await client.getLocationById(location.id), location);
    assert.deepEqual(await client.getLocationByRef('url:' + file('catalog-info.yaml')), location);
    assert.deepEqual(await client.getLocationByEntity('component:default/shop-ui'), location);
    assert.equal(await client.getLocationById('none'), undefined);
    assert.equal(await client.getLocationByEntity('component:default/none'), undefined);
    await refused(client.addLocation({ target: file('catalog-info.yaml') }), 409, 'ConflictError', /already exists/);
    const again = await client.addLocation({ target: file('catalog-info.yaml'), onConflict: 'refresh' });
    assert.deepEqual(again.location, location);
    const dry = await client.addLocation({ target: file('catalog-info.yaml'), dryRun: true });
    assert.deepEqual([dry.exists, names(dry.entities).sort()], [true, ['shop-ui', 'shop-worker']]);
  },
  async 'refreshEntity'() {
    const path = join(WAYMARK_WORK, 'catalog-info.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replace('title: Shop UI', 'title: Shop front'));
    git('commit', '-qam', 'rename');
    git('push', '-q', 'origin', 'main');
    await client.refreshEntity('component:default/shop-ui');
    await until('the new title', async () => (await client.getEntityByRef('component:default/shop-ui')).metadata.title === 'Shop front');
    await refused(client.refreshEntity('component:default/none'), 404, 'NotFoundError');
  },
  async 'updateLocation'() {
    const before = await client.getLocationByRef('url:' + file('catalog-info.yaml'));
    const after = await client.updateLocation(before.id, { target: file('moved.yaml') });
    assert.deepEqual([after.target, after.id], [file('moved.yaml'), idOf('url:' + file('moved.yaml'))]);
    assert.ok(await client.getEntityByRef('component:default/shop-ui'), 'what moves stays');
    const orphans = { 'metadata.annotations.backstage.io/orphan': 'true' };
    const left = await until('shop-worker is an orphan', async () => (await client.getEntities({ filter: orphans })).items[0]);
    assert.equal(left.metadata.name, 'shop-worker');
    await client.removeEntityByUid(left.metadata.uid);
    assert.equal(await client.getEntityByRef('component:default/shop-worker'), undefined);
    assert.deepEqual(await client.getLocationByEntity('component:default/shop-ui'), after);
    assert.equal(await client.getLocationById(before.id), undefined);
    await refused(client.updateLocation(before.id, { target: file('moved.yaml') }), 404, 'NotFoundError');
    const other = await client.addLocation({ target: file('other.yaml') });
    await refused(client.updateLocation(after.id, { target: file('other.yaml') }), 409, 'ConflictError');
    await client.removeLocationById(other.location.id);
  },
  async 'removeEntityByUid'() {
    const ui = await client.getEntityByRef('component:default/shop-ui');
    await client.removeEntityByUid(ui.metadata.uid);
    assert.equal(await client.getEntityByRef('component:default/shop-ui'), undefined);
    await client.removeEntityByUid(ui.metadata.uid);
    await client.refreshEntity((await client.getLocationByRef('url:' + file('moved.yaml'))).entityRef);
    const back = await until('shop-ui is back', () => client.getEntityByRef('component:default/shop-ui'));
    assert.equal(back.metadata.uid, ui.metadata.uid);
  },
  async 'removeLocationById'() {
    const location = await client.getLocationByRef('url:' + file('moved.yaml'));
    await client.removeLocationById(location.id);
    assert.equal(await client.getLocationById(location.id), undefined);
    await until('shop-ui is gone', async () => !(await client.getEntityByRef('component:default/shop-ui')));
    await refused(client.removeLocationById(location.id), 404, 'NotFoundError');
    const [configured] = (await client.getLocations()).items;
    await refused(client.removeLocationById(configured.id), 403, 'NotAllowedError');
  },
  async 'validateEntity'() {
    const good = { apiVersion: 'backstage.io/v1alpha1', kind: 'System', metadata: { name: 'a' }, spec: { owner: 'b' } };
    assert.deepEqual(await client.validateEntity(good, 'url:https://host/path.yaml'), { valid: true });
    const got = await client.validateEntity({ ...good, spec: {} }, 'url:https://host/path.yaml');
    assert.equal(got.valid, false);
    assert.match(got.errors[0].message, /owner/);
    assert.equal((await client.validateEntity(good, 'file:/a')).valid, false);
  },
  async 'analyzeLocation'() {
    const found = await client.analyzeLocation({ location: { type: 'url', target: 'https://waymark/acme/shop/blob/main/other.yaml' } });
    assert.deepEqual(found.existingEntityFiles.map(f => f.entity.metadata.name), ['other']);
    assert.deepEqual(found.generateEntities, []);
    const none = await client.analyzeLocation({ location: { type: 'url', target: 'https://waymark/acme/bare' } });
    assert.deepEqual(none.existingEntityFiles, []);
    assert.deepEqual([none.generateEntities[0].entity.kind, none.generateEntities[0].entity.metadata.name], ['Component', 'bare']);
    for (const f of none.generateEntities[0].fields) assert.ok(f.field && f.state && 'value' in f && f.description);
  },
  async 'who may what'() {
    const viewer = as(WAYMARK_VIEWER);
    assert.equal((await viewer.getEntities({ filter: services })).items.length, 15);
    await refused(viewer.addLocation({ target: file('other.yaml') }), 403, 'NotAllowedError');
    await refused(viewer.analyzeLocation({ location: { type: 'url', target: file('other.yaml') } }), 403, 'NotAllowedError');
    await refused(viewer.removeEntityByUid((await viewer.getEntityByRef('component:default/svc-09')).metadata.uid), 403, 'NotAllowedError');
    await refused(as('wrong').getEntities(), 401, 'AuthenticationError');
    await refused(plain.getEntities(), 401, 'AuthenticationError');
  },
  async 'without the client: links, tags, verbs, strictness'() {
    const ask = (path, init = {}) => fetch(base + path, { ...init, headers: { Authorization: `Bearer ${WAYMARK_TOKEN}`, ...init.headers } });
    const post = (path, body) => ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const found = [];
    let next = '/entities?filter=kind%3Dcomponent&limit=9&fields=metadata.name';
    for (let n = 0; next && n < 10; n++) {
      const res = await ask(next);
      assert.equal(res.headers.get('content-type'), 'application/json; charset=utf-8');
      found.push(...names(await res.json()));
      next = /^<(\/entities\?.*)>; rel="next"$/.exec(res.headers.get('link') ?? '')?.[1];
    }
    assert.deepEqual(found, ['part-a', ...all30]);

    const one = '/entities/by-name/component/default/svc-00';
    const tag = (await ask(one)).headers.get('etag');
    assert.match(tag, /^W\/"/);
    assert.equal((await ask(one, { headers: { 'If-None-Match': tag } })).status, 304);

    const kind = 'filter=kind%3Dcomponent&orderField=metadata.name&limit=10';
    const byGet = (await (await ask(`/entities/by-query?${kind}`)).json()).pageInfo.nextCursor;
    const byPost = (await (await post('/entities/by-query', { query: { kind: 'component' }, orderBy: [{ field: 'metadata.name', order: 'asc' }], limit: 10 })).json()).pageInfo.nextCursor;
    for (const cursor of [byGet, byPost]) {
      const got = await (await ask(`/entities/by-query?cursor=${encodeURIComponent(cursor)}`)).json();
      const posted = await (await post('/entities/by-query', { cursor })).json();
      assert.deepEqual([names(got.items), names(posted.items)], [all30.slice(9, 19), all30.slice(9, 19)], 'a cursor keeps its limit and serves both verbs');
    }

    for (const [path, init] of [['/entities?colour=blue'], ['/entities/by-query?limit=-1'], ['/entities?order=up:kind'], ['/entities?filter=%3Dx'], ['/entities?after=x'], ['/entities/by-query?cursor=x'],
      ['/entity-facets'], ['/refresh', { method: 'POST', body: '{"entityRef":"component:default/svc-00"}', headers: { 'Content-Type': 'text/plain' } }],
      ['/locations', { method: 'POST', body: '{"type":"url","target":"https://waymark/a/b/blob/main/c","more":1}', headers: { 'Content-Type': 'application/json' } }]]) {
      const res = await ask(path, init);
      const body = await res.json();
      assert.deepEqual([res.status, body.error?.name, body.response?.statusCode, body.request?.url], [400, 'InputError', 400, '/api/catalog' + path], path);
    }
    const described = await (await ask('/openapi.json')).json();
    assert.deepEqual([described.openapi, Object.keys(described.paths).length], ['3.1.0', 14]);
  },
  async 'every method was called'() {
    const inner = ['constructor', 'requestIgnored', 'requestRequired', 'requestOptional', 'getFilterValue', 'queryEntitiesByPredicate', 'getEntityFacetsByPredicate'];
    const left = Object.getOwnPropertyNames(CatalogClient.prototype).filter(n => !inner.includes(n) && !called.has(n));
    assert.deepEqual(left, []);
  },
};

// bothWays walks to the last page and back to the first.
async function bothWays(first, method) {
  sent.length = 0;
  const { limit, fields } = first;
  const pages = [];
  let page = await client.queryEntities(first);
  for (;;) {
    pages.push(page);
    assert.equal(page.totalItems, 30);
    if (!page.pageInfo.nextCursor) break;
    page = await client.queryEntities({ cursor: page.pageInfo.nextCursor, limit, fields });
  }
  assert.deepEqual(pages.map(p => p.items.length), [7, 7, 7, 7, 2]);
  assert.deepEqual(pages.flatMap(p => names(p.items)), all30);
  assert.deepEqual(pages[0].items[0], { metadata: { name: 'svc-00' } });
  for (let i = pages.length - 2; i >= 0; i--) {
    page = await client.queryEntities({ cursor: page.pageInfo.prevCursor, limit, fields });
    assert.deepEqual(names(page.items), names(pages[i].items));
  }
  assert.equal(page.pageInfo.prevCursor, undefined, 'nothing is before the first page');
  assert.ok(sent.every(([m]) => m === method), `asked by ${sent.map(([m]) => m)}`);
}

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    const began = Date.now();
    const error = await check().then(() => '', e => e.stack ?? String(e));
    console.log(JSON.stringify({ name, error, ms: Date.now() - began }));
  }
})();
