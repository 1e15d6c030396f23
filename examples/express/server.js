'use strict';

const express = require('express');
const { keylapse } = require('./keylapse');

const app = express();

// What the API does: here it answers who calls, and the headers that it sees.
const hello = (req, res) => res.json({ owner: req.apiKey.owner, path: req.baseUrl + req.path, headers: req.headers });

// A path that needs more comes before those that need less. It matches as Express matches routes, in upper case too.
app.use('/write', keylapse('write'), hello);
app.use(keylapse('read'));
app.get('/hello', hello);

app.listen(Number(process.env.PORT ?? 8000));
