'use strict';
// An SMSC for tests, made of the npm package smpp: what it receives it writes to
// standard output as lines of JSON, and it does what the lines on standard input
// ask for. It answers as the package does, which knows nothing of haat.
//
//   node smsc.js [LATIN1]     the alphabet of data_coding 0; default: GSM 03.38
//
// Each line is followed by {"event":"done"} when it is in force. It takes system_id haat with the password secret. Lines that it understands:
//
//   {"op":"deliver","tag":"1","pdu":{...},"hex":"..","udh":"..","payload":".."}
//                             send a deliver_sm; text in pdu.short_message or in hex
//   {"op":"status","value":88,"times":3}   answer the next submit_sm so
//   {"op":"receipts","how":"text"|"tlv"|"early","id":"same"|"hex"|"upper"|"zeros","stat":"DELIVRD"}
//                             send a receipt for each submit_sm that is taken
//   {"op":"drop","after":10,"times":3}     hang up on every tenth submit_sm unanswered
//   {"op":"enquire"} {"op":"unbind"} {"op":"hangup"} {"op":"mute"}

const readline = require('readline');
const smpp = require('smpp');

const say = (event) => process.stdout.write(JSON.stringify(event) + '\n');

if (process.argv[2]) smpp.encodings.default = process.argv[2];

const bound = new Set(); // sessions that are bound
const statuses = []; // for the next submits
let receipts = null;
let drop = { after: 0, times: 0, seen: 0 };
let mute = false;
let lastID = 0x1a2b;

// receiver is the session by which texts and receipts go out.
const receiver = () => [...bound].find((s) => s.bindKind !== 'transmitter');

const server = smpp.createServer((session) => {
  session.on('error', () => {}); // hung up on; 'close' follows
  session.on('close', () => {
    bound.delete(session);
    say({ event: 'close', bind: session.bindKind });
  });
  for (const kind of ['transceiver', 'transmitter', 'receiver']) {
    session.on('bind_' + kind, (pdu) => bind(session, kind, pdu));
  }
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => {
    say({ event: 'enquire' });
    if (!mute) session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    say({ event: 'unbind', bind: session.bindKind });
    session.send(pdu.response());
    session.close();
  });
});

function bind(session, kind, pdu) {
  const ok = pdu.system_id === 'haat' && pdu.password === 'secret';
  session.send(pdu.response({ command_status: ok ? 0 : smpp.ESME_RINVPASWD, system_id: 'node' }));
  if (!ok) return session.close();
  session.bindKind = kind;
  bound.add(session);
  say({ event: 'bind', bind: kind, version: pdu.interface_version, system_type: pdu.system_type });
}

function submit(session, pdu) {
  if (drop.times > 0 && ++drop.seen % drop.after === 0) {
    drop.times--;
    say(heard(pdu, 'dropped'));
    return session.destroy();
  }
  const status = statuses.shift() || 0;
  if (status) {
    say({ event: 'refused', status });
    return session.send(pdu.response({ command_status: status }));
  }
  const id = String(lastID++);
  const answer = () => session.send(pdu.response({ message_id: id }));
  if (receipts && receipts.how === 'early') {
    receipt(pdu, id);
    setTimeout(answer, 50);
  } else {
    answer();
    if (receipts && pdu.registered_delivery) receipt(pdu, id);
  }
  say(heard(pdu, 'submit', id));
}

// heard tells of a submit_sm: every field, the text decoded, TLVs in hex.
function heard(pdu, event, id) {
  const body = pdu.message_payload || pdu.short_message || {};
  const udh = body.udh ? Buffer.concat(body.udh).toString('hex') : undefined;
  return {
    event, id, udh, text: String(body.message === undefined ? '' : body.message),
    payload: pdu.message_payload !== undefined,
    from: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr].join('/'),
    to: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr].join('/'),
    service_type: pdu.service_type, esm_class: pdu.esm_class, data_coding: pdu.data_coding,
    registered: pdu.registered_delivery,
    valid_for: pdu.validity_period instanceof Date ? Math.round((pdu.validity_period - Date.now()) / 60000) : undefined,
    sar: pdu.sar_total_segments && [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum].join('/'),
    op: pdu.ussd_service_op,
    info: pdu.its_session_info && pdu.its_session_info.toString('hex'),
  };
}

// written gives an id as receipts of other SMSCs write it.
function written(id) {
  switch (receipts.id) {
    case 'hex': return Number(id).toString(16);
    case 'upper': return Number(id).toString(16).toUpperCase();
    case 'zeros': return id.padStart(10, '0');
    default: return id;
  }
}

function receipt(pdu, id) {
  const stat = receipts.stat || 'DELIVRD';
  const out = {
    source_addr_ton: 1, source_addr_npi: 1, source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr, esm_class: 4, data_coding: 0,
  };
  if (receipts.how === 'tlv') {
    out.receipted_message_id = written(id);
    out.message_state = { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, REJECTD: 8 }[stat];
  } else {
    out.short_message = `id:${written(id)} sub:001 dlvrd:001 submit date:2611222357 done date:2611222358 ` +
      `stat:${stat} err:${stat === 'DELIVRD' ? '000' : '027'} text:Order stat:`;
  }
  const to = receiver();
  if (to) to.deliver_sm(out, (resp) => say({ event: 'receipt', status: resp.command_status }));
}

function deliver({ tag, pdu, hex, udh, payload }) {
  const out = { source_addr_ton: 1, source_addr_npi: 1, ...pdu };
  if (out.its_session_info) out.its_session_info = Buffer.from(out.its_session_info, 'hex');
  const text = hex === undefined ? out.short_message || '' : Buffer.from(hex, 'hex');
  out.short_message = udh ? { udh: Buffer.from(udh, 'hex'), message: text } : text;
  if (payload !== undefined) {
    out.message_payload = payload;
    delete out.short_message;
  }
  const to = receiver();
  if (!to) return say({ event: 'delivered', tag, status: -1 });
  to.deliver_sm(out, (resp) => say({ event: 'delivered', tag, status: resp.command_status }));
}

const ops = {
  deliver,
  status: ({ value, times }) => { for (let i = 0; i < times; i++) statuses.push(value); },
  receipts: (how) => { receipts = how; },
  drop: ({ after, times }) => { drop = { after, times, seen: 0 }; },
  enquire: () => bound.forEach((s) => s.enquire_link((resp) => say({ event: 'alive', status: resp.command_status }))),
  unbind: () => bound.forEach((s) => s.unbind(() => { say({ event: 'unbound' }); s.close(); })),
  hangup: () => bound.forEach((s) => s.destroy()),
  mute: () => { mute = true; },
};

readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const asked = JSON.parse(line);
    ops[asked.op](asked);
    say({ event: 'done', tag: asked.op });
  })
  .on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => say({ event: 'listening', port: server.address().port }));
