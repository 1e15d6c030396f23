'use strict';

const NODES = (process.env.KEYLAPSE_NODES ?? 'http://127.0.0.1:8080').split(',');
const ATTEMPTS = 2;
const TIMEOUT_MILLIS = 1200; // of one attempt
const HIDDEN = new Set(['x-api-key', 'x-consumer-id', 'x-credential-identifier', 'x-key-scopes', 'x-key-expires-at', 'x-key-expires-in']);
const KEY = /(?<![0-9A-Za-z_-])kl_[0-9A-Za-z]{36}(?![0-9A-Za-z_-])/; // kl is KEYLAPSE_KEYS_PREFIX
const UNAVAILABLE = {
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'retry-after': '1', 'x-key-code': 'STORE_UNAVAILABLE' },
  body: '{"type":"urn:keylapse:problem:store-unavailable","title":"Service Unavailable","status":503,"detail":"This API key cannot be checked right now. Try again in a second.","code":"STORE_UNAVAILABLE"}',
};

const presented = new WeakMap(); // the keys that a request came with, in case it is checked again
let turn = 0;

/** Passes only requests whose key is valid and has these scopes. The key's owner, id and scopes are in req.apiKey. */
exports.keylapse = (...scopes) => async (req, res, next) => {
  if (!presented.has(req)) presented.set(req, takeCredentials(req));
  const answer = await ask({ ...presented.get(req), 'X-Required-Scopes': scopes.join(' ') });
  if (answer.status !== 200) return res.writeHead(answer.status, answer.headers).end(answer.body);
  const { 'x-consumer-id': owner, 'x-credential-identifier': id, 'x-key-scopes': granted } = answer.headers;
  req.apiKey = { owner: decodeURIComponent(owner), id, scopes: granted.split(' ').filter(Boolean) };
  next();
};

/** Removes the key and forged identity headers from a request. */
function takeCredentials(req) {
  const { 'x-api-key': key = '', authorization = '' } = req.headers;
  for (const name of Object.keys(req.headers)) {
    if (HIDDEN.has(name.replace(/[^a-z0-9]/g, '-'))) delete req.headers[name];
  }
  if (!key || KEY.test(authorization)) delete req.headers.authorization;
  req.rawHeaders = Object.entries(req.headers).flat();
  return { 'X-API-Key': key, Authorization: authorization };
}

async function ask(headers) {
  const first = turn++;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const node = NODES[(first + attempt) % NODES.length];
      const answer = await fetch(`${node}/check`, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
      const body = await answer.text();
      const said = Object.fromEntries([...answer.headers].filter(([name]) => /^(x-|content-type|cache-control|www-auth)/.test(name)));
      const isGood = answer.status === 200 && said['x-consumer-id'] && said['x-credential-identifier'] && 'x-key-scopes' in said;
      if (isGood || ([401, 403].includes(answer.status) && said['x-key-code'])) return { status: answer.status, headers: said, body };
    } catch {
      // The next attempt, or 503.
    }
  }
  return UNAVAILABLE;
}
