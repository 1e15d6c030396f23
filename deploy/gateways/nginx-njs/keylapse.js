// The check of one request. nginx runs it as the subrequest of auth_request, and drops its body; so the problem that
// explains a refusal is kept in a variable, like the headers.

const VARIABLES = {
    'X-Consumer-ID': 'keylapse_owner',
    'X-Credential-Identifier': 'keylapse_key_id',
    'X-Key-Scopes': 'keylapse_granted',
    'X-Key-Expires-At': 'keylapse_expires_at',
    'X-Key-Expires-In': 'keylapse_expires_in',
    'X-Key-Code': 'keylapse_code',
    'X-Key-Id': 'keylapse_ended_key_id',
    'X-Key-Expired-At': 'keylapse_expired_at',
    'X-Key-Renew-Url': 'keylapse_renew_url',
    'WWW-Authenticate': 'keylapse_challenge',
    'Retry-After': 'keylapse_retry_after',
};

async function check(r) {
    const reply = await r.subrequest('/_keylapse/ask');
    for (const header in VARIABLES) {
        r.variables[VARIABLES[header]] = String(reply.headersOut[header] || '');
    }
    r.variables.keylapse_problem = reply.responseText || '';
    // auth_request lets each 2xx pass, but only a 200 with a key's id is Keylapse's.
    const passes = reply.status === 200 && r.variables.keylapse_key_id;
    r.status = passes || reply.status >= 300 ? reply.status : 502;
    r.sendHeader();
    r.finish();
}

export default { check };
