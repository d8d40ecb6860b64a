// Asks the server hundreds of questions about its catalog, and answers each
// of them itself from the entities, flattened by the code that Backstage's
// backend flattens them with. It prints one line of JSON for each sort of
// question: {"name", "error"}.
'use strict';
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { CatalogClient, CATALOG_FILTER_EXISTS } = require('@backstage/catalog-client');
const { traverse } = require(join(__dirname, 'node_modules/@backstage/catalog-client/dist/plugins/catalog-backend/src/database/operations/stitcher/buildEntitySearch.cjs.js'));

const { WAYMARK_URL, WAYMARK_TOKEN } = process.env;
const plain = new CatalogClient({ discoveryApi: { getBaseUrl: async () => WAYMARK_URL + '/api/catalog' }, fetchApi: { fetch } });
const client = new Proxy(plain, { get: (c, name) => request => c[name](request, { token: WAYMARK_TOKEN }) });

// The same numbers each time.
let seed = 20261120;
const random = n => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
};
const pick = list => list[random(list.length)];
const some = (list, most) => Array.from({ length: 1 + random(most) }, () => pick(list));
const anyCase = s => pick([s, s, s.toUpperCase(), s.toLowerCase()]);

const refOf = e => `${e.kind}:${e.metadata.namespace}/${e.metadata.name}`.toLowerCase();
const longest = 200;

// rowsOf is the index of an entity, as the backend's tables hold it: keys and
// values in lower case, what is too long to be compared as null.
function rowsOf(e) {
  const raw = [...traverse(e), { key: 'metadata.name', value: e.metadata.name }, { key: 'metadata.namespace', value: e.metadata.namespace }, { key: 'metadata.uid', value: e.metadata.uid },
    ...e.relations.map(r => ({ key: `relations.${r.type}`, value: r.targetRef }))];
  return raw.filter(r => r.key.length <= longest).map(r => {
    const original = r.value === null || r.value === undefined || String(r.value).length > longest ? null : String(r.value);
    return { key: r.key.toLowerCase(), original, value: original?.toLowerCase() ?? null };
  });
}

let entities, index, keys, valuesOf;

async function load() {
  ({ items: entities } = await client.getEntities());
  index = entities.map(e => ({ e, ref: refOf(e), rows: rowsOf(e) }));
  valuesOf = new Map();
  for (const { rows } of index) {
    for (const r of rows) {
      if (!valuesOf.has(r.key)) valuesOf.set(r.key, new Set());
      if (r.original !== null) valuesOf.get(r.key).add(r.original);
    }
  }
  keys = [...valuesOf.keys(), 'metadata', 'spec.none', 'metadata.etag', 'metadata.annotations', 'spec.nested'];
}

const at = (i, key) => i.rows.filter(r => r.key === key.toLowerCase());
const has = (i, key, values) => at(i, key).some(r => values.some(v => String(v).toLowerCase() === r.value));
const refs = list => list.map(refOf).sort();
const matching = test => index.filter(test).map(i => i.ref).sort();

// Commas have no escape in filters, so that such values are left to predicates.
const plainKey = k => !k.includes(',') && !k.includes('=') && k.trim() === k && k !== '';
const aKey = () => anyCase(pick(keys.filter(plainKey)));
const aValue = key => {
  const there = [...(valuesOf.get(key.toLowerCase()) ?? [])].filter(v => v.trim() === v && !v.includes(','));
  return random(8) === 0 || there.length === 0 ? pick(['none', 'true', '1', '']) : anyCase(pick(there));
};

function aFilter() {
  const out = {};
  for (const key of some([1, 2, 3], 3).map(aKey)) {
    if (Object.keys(out).some(k => k.toLowerCase() === key.toLowerCase())) continue;
    out[key] = random(5) === 0 ? CATALOG_FILTER_EXISTS : some([0, 0, 0], 3).map(() => aValue(key));
  }
  return out;
}
const meets = filter => i => Object.entries(filter).every(([k, v]) => (v === CATALOG_FILTER_EXISTS ? at(i, k).length > 0 : has(i, k, v)));

// aPredicate is a predicate with what it means.
function aPredicate(depth) {
  const sort = random(depth > 0 ? 9 : 6);
  const key = anyCase(pick(keys.filter(k => k !== '' && !k.startsWith('$'))));
  const value = () => aValue(key);
  if (sort >= 6) {
    const parts = some([0, 0, 0], 3).map(() => aPredicate(depth - 1));
    if (sort === 6) return [{ $all: parts.map(p => p[0]) }, i => parts.every(p => p[1](i))];
    if (sort === 7) return [{ $any: parts.map(p => p[0]) }, i => parts.some(p => p[1](i))];
    return [{ $not: parts[0][0] }, i => !parts[0][1](i)];
  }
  if (sort === 0) {
    const want = random(2) === 0;
    return [{ [key]: { $exists: want } }, i => at(i, key).length > 0 === want];
  }
  if (sort === 1) {
    const list = some([0, 0], 2).map(value);
    return [{ [key]: { $in: list } }, i => has(i, key, list)];
  }
  if (sort === 2) {
    const prefix = value().slice(0, 1 + random(6));
    return [{ [key]: { $hasPrefix: prefix } }, i => at(i, key).some(r => r.value?.startsWith(prefix.toLowerCase()))];
  }
  if (sort === 3) {
    const v = value();
    return [{ [key]: { $contains: v } }, i => has(i, key, [v])];
  }
  if (sort === 4) {
    const { type, targetRef } = pick(entities.flatMap(e => e.relations));
    const list = random(2) === 0 ? targetRef : { $in: [targetRef, 'user:default/none'] };
    return [{ relations: { $contains: { type: anyCase(type), targetRef: list } } }, i => has(i, `relations.${type}`, [targetRef])];
  }
  const v = value();
  return [{ [key]: v }, i => has(i, key, [v])];
}

async function times(n, ask) {
  for (let i = 0; i < n; i++) await ask(i);
}

// paged collects all pages of a question.
async function paged(request, most) {
  const items = [];
  let total;
  let page = await client.queryEntities({ ...request, limit: 1 + random(20) });
  for (let n = 0; n < most; n++) {
    total ??= page.totalItems;
    assert.equal(page.totalItems, total);
    items.push(...page.items);
    if (!page.pageInfo.nextCursor) return { items, total };
    page = await client.queryEntities({ cursor: page.pageInfo.nextCursor, limit: 1 + random(20) });
  }
  throw new Error(`more than ${most} pages`);
}

const checks = {
  async 'the catalog is odd enough'() {
    await load();
    assert.ok(entities.length > 40 && keys.length > 150, `${entities.length} entities with ${keys.length} keys`);
    assert.ok(index.some(i => i.rows.some(r => r.value === null)));
  },
  async 'filters'() {
    let found = 0;
    await times(250, async () => {
      const filter = some([0, 0], 2).map(aFilter);
      const want = matching(i => filter.some(f => meets(f)(i)));
      found += want.length > 0;
      assert.deepEqual(refs((await client.getEntities({ filter, fields: ['kind', 'metadata.name', 'metadata.namespace'] })).items), want, JSON.stringify(filter.map(show)));
    });
    assert.ok(found > 50, `${found} filters found something`);
  },
  async 'predicates'() {
    let found = 0;
    await times(250, async () => {
      const [query, test] = aPredicate(3);
      const want = matching(test);
      found += want.length > 0 && want.length < index.length;
      assert.deepEqual(refs((await paged({ query }, 200)).items), want, JSON.stringify(query));
    });
    assert.ok(found > 50, `${found} predicates told entities apart`);
  },
  async 'orders and pages'() {
    const single = keys.filter(k => k !== '' && valuesOf.get(k)?.size > 1 && index.every(i => at(i, k).length <= 1) && index.every(i => at(i, k).every(r => r.value !== null)));
    await times(60, async () => {
      const field = pick(single);
      const order = pick(['asc', 'desc']);
      const { items, total } = await paged({ orderFields: { field: anyCase(field), order } }, 200);
      const want = index.filter(i => at(i, field).length > 0);
      assert.equal(total, want.length, field);
      assert.deepEqual(refs(items), want.map(i => i.ref).sort(), field);
      const values = items.map(e => at(index.find(i => i.ref === refOf(e)), field)[0].value);
      const sorted = [...values].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(values, order === 'asc' ? sorted : sorted.reverse(), `${field} ${order}`);
    });
  },
  async 'text'() {
    await times(80, async () => {
      const fields = some(keys.filter(k => k !== '' && !k.includes(',')), 3);
      const word = pick([...(valuesOf.get(fields[0]) ?? ['none'])].map(v => v.trim()).filter(Boolean).concat('none'));
      const begin = random(word.length);
      const term = anyCase(word.slice(begin, begin + 1 + random(6))).trim();
      if (term === '') return;
      const want = matching(i => fields.some(f => at(i, f).some(r => r.value?.includes(term.toLowerCase()))));
      assert.deepEqual(refs((await paged({ fullTextFilter: { term, fields } }, 200)).items), want, JSON.stringify({ term, fields }));
    });
  },
  async 'facets'() {
    await times(80, async () => {
      const facets = [...new Set(some(keys.filter(k => k !== ''), 4))];
      const [query, test] = random(2) === 0 ? aPredicate(1) : [undefined, () => true];
      const got = await client.getEntityFacets({ facets, query });
      for (const f of facets) {
        const counts = new Map();
        for (const i of index.filter(test)) {
          for (const v of new Set(at(i, f).map(r => r.original).filter(v => v !== null))) counts.set(v, (counts.get(v) ?? 0) + 1);
        }
        const list = [...counts].map(([value, count]) => ({ value, count }));
        const byValue = (a, b) => (a.value < b.value ? -1 : 1);
        assert.deepEqual([...got.facets[f]].sort(byValue), list.sort(byValue), JSON.stringify({ f, query }));
      }
    });
  },
};

const show = f => Object.fromEntries(Object.entries(f).map(([k, v]) => [k, v === CATALOG_FILTER_EXISTS ? 'exists' : v]));

(async () => {
  for (const [name, check] of Object.entries(checks)) {
    const error = await check().then(() => '', e => e.stack ?? String(e));
    console.log(JSON.stringify({ name, error }));
  }
})();
