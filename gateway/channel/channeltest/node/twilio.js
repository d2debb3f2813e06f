'use strict';
// Twilio for tests, as far as its own library for Node knows it: it signs
// webhooks, writes TwiML and asks the REST API, which is at an address of this
// machine. Each line of JSON on standard input is answered by one line.
//
//   {"op":"webhook","at":"http://127.0.0.1:1/..","as":"https://..","token":"..","form":{..},"hash":true}
//                    sign and post the form to at, as if that were as; a value
//                    of the form may be a list. With hash the query has the
//                    body's and the signature leaves the form out.
//   {"op":"twiml","texts":[".."]}
//   {"op":"send","api":"http://127.0.0.1:1","account":"AC..","token":"..","message":{..}}
//   {"op":"balance","api":"http://127.0.0.1:1","account":"AC..","token":".."}

const http = require('http');
const readline = require('readline');

// No proxy may stand between this program and the test.
for (const name of Object.keys(process.env)) {
  if (/_proxy$|^TWILIO_/i.test(name)) delete process.env[name];
}
const twilio = require('twilio');
const { getExpectedBodyHash, getExpectedTwilioSignature } = require('twilio/lib/webhooks/webhooks');

const live = 'https://api.twilio.com';

// Nearby is the library's client, for an API at another address.
class Nearby extends twilio.RequestClient {
  constructor(api) {
    super({ keepAlive: false });
    this.api = api;
  }

  request(opts) {
    return super.request({ ...opts, uri: opts.uri.replace(live, this.api) });
  }
}

function encode(form) {
  const fields = new URLSearchParams();
  for (const [key, value] of Object.entries(form)) {
    for (const one of [].concat(value)) fields.append(key, one);
  }
  return fields.toString();
}

// The path goes out as it is written: a URL of Node's would escape it anew.
function post(at, body, headers) {
  const [, host, port, path] = /^http:\/\/([^:/]+):(\d+)(.*)$/.exec(at);
  return new Promise((resolve, reject) => {
    const req = http.request({ host, port, path, method: 'POST', headers }, (res) => {
      let said = '';
      res.setEncoding('utf8');
      res.on('data', (part) => { said += part; });
      res.on('end', () => resolve({ status: res.statusCode, type: res.headers['content-type'], body: said }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

const ops = {
  webhook({ at, as, token, form, hash }) {
    const body = encode(form);
    let covered = form;
    if (hash) {
      const query = (at.includes('?') ? '&' : '?') + 'bodySHA256=' + getExpectedBodyHash(body);
      at += query;
      as += query;
      covered = {};
    }
    return post(at, body, {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'User-Agent': 'TwilioProxy/1.1',
      'I-Twilio-Idempotency-Token': '1f3a',
      'X-Twilio-Signature': getExpectedTwilioSignature(token, as, covered),
    });
  },

  twiml({ texts }) {
    const response = new twilio.twiml.MessagingResponse();
    for (const text of texts) response.message(text);
    return { body: response.toString() };
  },

  async send({ api, account, token, message }) {
    const client = twilio(account, token, { httpClient: new Nearby(api) });
    try {
      const sent = await client.messages.create(message);
      return { sid: sent.sid, status: sent.status };
    } catch (error) {
      return { refused: true, http: error.status, code: error.code };
    }
  },

  async balance({ api, account, token }) {
    const client = twilio(account, token, { httpClient: new Nearby(api) });
    try {
      const { balance, currency } = await client.balance.fetch();
      return { balance, currency };
    } catch (error) {
      return { refused: true, http: error.status, code: error.code };
    }
  },
};

const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const ask = JSON.parse(line);
  try {
    say(await ops[ask.op](ask));
  } catch (error) {
    say({ error: String(error) });
  }
});
