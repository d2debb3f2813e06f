'use strict';
// Africa's Talking for tests, as far as its own library for Node knows it: it asks
// the SMS API, which is at an address of this machine, and answers USSD as the
// library does for the applications that use it.
//
// It first writes {"port":..}, where it takes USSD by POST. Each hop is written as
// {"hop":{..}} and answered with what the line before asked for:
//
//   {"op":"answer","response":"..","endSession":true}     answered by {"ready":true}
//   {"op":"send","api":"http://127.0.0.1:1","username":"..","apiKey":"..","sms":{..}}
//   {"op":"balance","api":"http://127.0.0.1:1","username":"..","apiKey":".."}

const http = require('http');
const readline = require('readline');

// No proxy may stand between this program and the test.
for (const name of Object.keys(process.env)) {
  if (/_proxy$/i.test(name)) delete process.env[name];
}
// Where the library asks for the account it takes no other address.
const axios = require('axios');
const create = axios.create;
let nearby = '';
axios.create = (settings) => create({ ...settings, baseURL: nearby || settings.baseURL });
const africastalking = require('africastalking');
const addresses = require('africastalking/lib/common');

const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');

let answer = { response: '', endSession: true };

const [readForm, answerHop] = africastalking({ username: 'duka', apiKey: 'key' }).USSD((payload, respond) => {
  say({ hop: { ...payload } });
  respond(answer);
});

// The library expects a response of express's, which it uses three methods of.
function express(res) {
  res.contentType = (type) => res.setHeader('Content-Type', type + '; charset=utf-8');
  res.status = (code) => { res.statusCode = code; return res; };
  res.send = (text) => res.end(text);
  return res;
}

const server = http.createServer((req, res) => {
  const failed = (error) => { res.statusCode = 500; res.end(String(error)); };
  readForm(req, res, (error) => {
    if (error) return failed(error);
    answerHop(req, express(res), failed);
  });
});
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));

const ops = {
  answer({ response, endSession }) {
    answer = { response, endSession };
    return { ready: true };
  },

  async send({ api, username, apiKey, sms }) {
    const client = africastalking({ username, apiKey });
    addresses.SMS_URL = api + '/version1/messaging';
    try {
      return { answer: await client.SMS.send(sms) };
    } catch (error) {
      return { refused: true, http: error.response && error.response.status };
    }
  },

  async balance({ api, username, apiKey }) {
    const client = africastalking({ username, apiKey });
    nearby = api;
    try {
      return { answer: await client.APPLICATION.fetchApplicationData() };
    } catch (error) {
      return { refused: true, http: error.response && error.response.status };
    } finally {
      nearby = '';
    }
  },
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const ask = JSON.parse(line);
  try {
    say(await ops[ask.op](ask));
  } catch (error) {
    say({ error: String(error) });
  }
});
