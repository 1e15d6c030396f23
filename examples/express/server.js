'use strict';

const express = require('express');
const { keylapse } = require('./keylapse');

const app = express();

// The API itself: here it returns the caller and the headers that it sees.
const hello = (req, res) => res.json({ owner: req.apiKey.owner, path: req.baseUrl + req.path, headers: req.headers });

// Mount stricter paths first. Paths match as Express routes do, ignoring case.
app.use('/write', keylapse('write'), hello);
app.use(keylapse('read'));
app.get('/hello', hello);

app.listen(Number(process.env.PORT ?? 8000));
