#!/usr/bin/env node
// node record.mjs SCENARIO... | all: records captures and ground truth under out/SCENARIO/.
// node record.mjs demo: the network and its servers, until Ctrl-C; the call is yours to play.
// node record.mjs list: the scenarios.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { scenarios, base } from './scenarios.mjs';

const here = import.meta.dirname;
const sleep = s => new Promise(done => setTimeout(done, s * 1000));
const sh = (cmd, ...args) => execFileSync(cmd, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const netns = command => { const [ns, ...rest] = command.split(' '); return sh('ip', 'netns', 'exec', ns, ...rest); };

function start(ns, log, command, options = {}) {
  const out = openSync(log, 'a');
  const [cmd, ...args] = command;
  const child = spawn('ip', ['netns', 'exec', ns, cmd, ...args], { stdio: ['ignore', out, out], ...options });
  child.ended = new Promise(done => child.on('exit', done));
  child.stop = async (signal = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await child.ended;
    clearTimeout(late);
  };
  return child;
}

function startServers(s, dir) {
  mkdirSync('/run/lab/log', { recursive: true });
  const log = name => { const f = `/run/lab/log/${name}.log`; rmSync(f, { force: true }); return f; };
  const env = { ...process.env, LD_PRELOAD: '/run/lab/keylog.so', KEYLOG: `${dir}/dtls.log` };
  return [
    start('janus', log('janus'), ['janus', '-F', '.', ...(s.janus ?? [])], { cwd: `${here}/conf/janus`, env }),
    start('turn', log('turn'), ['turnserver', '-c', `${here}/conf/turnserver.conf`, ...(s.turn ?? [])], { cwd: '/run/lab' }),
    start('web', log('web'), s.web ?? ['nginx', '-c', `${here}/conf/nginx.conf`], { cwd: here }),
    start('web', log('signal'), ['node', `${here}/signal.mjs`]),
    ...(s.impair ? [start('cable', log('cable'), ['/run/lab/impair', 'a0', 'b0', ...s.impair.split(' ')])] : []),
  ];
}

// The HTTP and WebSocket traffic of a page, from the DevTools protocol.
async function watch(page) {
  const http = [], sockets = [], byId = new Map();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  const epoch = (r, t) => (r.wallTime + t - r.timestamp) * 1000;
  cdp.on('Network.requestWillBeSent', ({ requestId, request, wallTime, timestamp, type }) => {
    const r = { t: wallTime * 1000, method: request.method, url: request.url, type, requestBody: request.postData };
    Object.defineProperty(r, 'at', { value: { wallTime, timestamp } });
    byId.set(requestId, r);
    http.push(r);
  });
  cdp.on('Network.responseReceived', ({ requestId, response, timestamp }) => {
    const r = byId.get(requestId);
    if (r) Object.assign(r, { tResponse: epoch(r.at, timestamp), status: response.status, protocol: response.protocol,
      mimeType: response.mimeType, remote: `${response.remoteIPAddress}:${response.remotePort}`, connection: response.connectionId });
  });
  cdp.on('Network.loadingFinished', async ({ requestId, timestamp, encodedDataLength }) => {
    const r = byId.get(requestId);
    if (!r) return;
    Object.assign(r, { tEnd: epoch(r.at, timestamp), encodedLength: encodedDataLength });
    if (r.mimeType === 'application/json' && r.type !== 'Preflight')
      r.responseBody = await cdp.send('Network.getResponseBody', { requestId }).then(b => b.body, () => undefined);
  });
  cdp.on('Network.loadingFailed', ({ requestId, errorText }) => {
    const r = byId.get(requestId);
    if (r) r.error = errorText;
  });
  cdp.on('Network.webSocketCreated', ({ requestId, url }) => {
    const ws = { url, frames: [] };
    byId.set(requestId, ws);
    sockets.push(ws);
  });
  cdp.on('Network.webSocketHandshakeResponseReceived', ({ requestId, response }) =>
    Object.assign(byId.get(requestId), { status: response.status, headers: response.headers }));
  for (const [name, from] of [['Sent', 'client'], ['Received', 'server']])
    cdp.on(`Network.webSocketFrame${name}`, ({ requestId, response }) =>
      byId.get(requestId).frames.push({ t: Date.now(), from, opcode: response.opcode, payload: response.payloadData }));
  return { http, sockets };
}

// A page of Firefox, which has to be driven from inside the namespace (see firefox.mjs).
async function openFirefox(ns, s, dir) {
  const profile = mkdtempSync(`${tmpdir()}/lab-profile-`);
  const child = spawn('ip', ['netns', 'exec', ns, 'node', `${here}/firefox.mjs`, profile, `${here}/truth.js`,
    JSON.stringify({ ...s.settings, ...s[ns] })], { stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, HOME: profile, SSLKEYLOGFILE: `${dir}/tls-${ns}.log` } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => {});
  await lines.next();
  const call = async (...command) => {
    child.stdin.write(JSON.stringify(command) + '\n');
    const { value, error } = JSON.parse((await lines.next()).value ?? '{"error":"Firefox is gone"}');
    if (error) throw new Error(error);
    return value;
  };
  const page = {
    goto: url => call('goto', url), fill: (...a) => call('fill', ...a), click: selector => call('click', selector),
    evaluate: (f, arg) => call('evaluate', `(${f})(${JSON.stringify(arg) ?? ''})`),
    textContent: selector => call('evaluate', `document.querySelector(${JSON.stringify(selector)}).textContent`),
  };
  const traffic = {};
  return { ns, page, traffic, async close() {
    Object.assign(traffic, await call('traffic'));
    await call('close');
    rmSync(profile, { recursive: true, force: true });
  } };
}

async function openBrowser(ns, s, dir) {
  if (s.firefox === ns) return openFirefox(ns, s, dir);
  const profile = mkdtempSync(`${tmpdir()}/lab-profile-`);
  const settings = { ...s.settings, ...s[ns] };
  const disabled = ['Translate', 'MediaRouter', 'OptimizationHints', 'DialMediaRouteProvider', 'HttpsUpgrades'];
  if (!s.mdns) disabled.push('WebRtcHideLocalIpsWithMdns');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: `${here}/chromium.sh`, headless: true, ignoreHTTPSErrors: true, serviceWorkers: 'block',
    env: { ...process.env, LAB_NS: ns, SSLKEYLOGFILE: `${dir}/tls-${ns}.log` },
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream=fps=15',
      ...(s.mdns ? [] : ['--use-fake-ui-for-media-stream']), '--autoplay-policy=no-user-gesture-required', '--ignore-certificate-errors',
      '--unsafely-treat-insecure-origin-as-secure=http://web.lab.test', `--disable-features=${disabled}`,
      ...(s.quic ? ['--origin-to-force-quic-on=web.lab.test:443', `--ignore-certificate-errors-spki-list=${spki()}`] : ['--disable-quic']),
      ...s.chromium],
  });
  const page = context.pages()[0];
  page.on('pageerror', e => console.error(`${ns}: ${e.message}`));
  page.on('console', m => m.type() === 'error' && console.error(`${ns}: ${m.text()}`));
  await context.addInitScript({ path: `${here}/truth.js` });
  await context.addInitScript(`window.LAB = ${JSON.stringify(settings)}`);
  const traffic = await watch(page);
  return { ns, page, traffic, async close() { await context.close(); rmSync(profile, { recursive: true, force: true }); } };
}

// QUIC accepts no certificate that is merely ignored: its key has to be named.
function spki() {
  const key = new X509Certificate(readFileSync('/run/lab/tls/leaf.pem')).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

// What Janus itself says about every PeerConnection (admin API).
function askJanus() {
  const call = (path, janus) => JSON.parse(sh('ip', 'netns', 'exec', 'janus', 'curl', '-s', '-m', '3',
    `http://127.0.0.1:7088/admin${path}`, '-d', JSON.stringify({ janus, transaction: 'lab', admin_secret: 'janusoverlord' })));
  const handles = [];
  for (const session of call('', 'list_sessions').sessions ?? [])
    for (const handle of call(`/${session}`, 'list_handles').handles ?? [])
      handles.push(call(`/${session}/${handle}`, 'handle_info').info);
  return handles;
}

// The pages, where the web servers' configurations look: one form, three ways to join.
function makePages(s) {
  const to = '/run/lab/page';
  cpSync(`${here}/page`, to, { recursive: true });
  const index = readFileSync(`${to}/index.html`, 'utf8');
  for (const [name, title] of [['p2p', 'Peer to peer'], ['sip', 'SIP over WebSocket']])
    writeFileSync(`${to}/${name}.html`, index.replace('Video room', title).replace('app.js', `${name}.js`));
  if (s.sip) sh('npx', '--prefix', here, 'esbuild', `${here}/node_modules/jssip/lib/JsSIP.js`, '--bundle', '--minify', '--format=esm', `--outfile=${to}/jssip.js`);
}

// The network and its servers; `dir` is made anew for what they log.
function prepare(s, dir) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  Object.assign(process.env, { IMPAIR: s.impair ?? '', OFFLOAD: s.offload ? '1' : '' });
  sh(`${here}/up.sh`);
  sh(`${here}/conf/tls.sh`);
  rmSync('/run/lab/page', { recursive: true, force: true });
  makePages(s);
  sh('gcc', '-shared', '-fPIC', '-o', '/run/lab/keylog.so', `${here}/conf/keylog.c`, '-ldl');
  sh('gcc', '-O2', '-o', '/run/lab/impair', `${here}/conf/impair.c`);
  s.net.forEach(netns);
  return startServers(s, dir);
}

// The tutorial's demo: page, Janus, coturn and two NATs, for a call of one's own.
async function demo() {
  const dir = `${here}/out/demo`;
  const servers = prepare({ ...base, ...scenarios['videoroom-http'] }, dir);
  const browser = ns => `ip netns exec ${ns} chromium --no-sandbox --user-data-dir=${tmpdir()}/lab-${ns} ` +
    '--use-fake-device-for-media-stream --use-fake-ui-for-media-stream ' +
    '--unsafely-treat-insecure-origin-as-secure=http://web.lab.test http://web.lab.test/';
  console.log(`The network is up. In other terminals, as root:

  watch        ip netns exec alice rtcscope live -i eth0
  or record    ip netns exec alice dumpcap -i eth0 -w call.pcapng
  alice        ${browser('alice')}
  bob          ${browser('bob')}

A rtcscope that cargo installed for you is not in root's PATH: name it in full, ~/.cargo/bin/rtcscope of your home. Browsers of root need leave to draw:
\`xhost +si:localuser:root\` on X. Without a screen, \`node record.mjs videoroom-http\` plays the same call.

Join room 100 on both pages. The page talks to Janus through its own server (/janus), in plain HTTP: the capture needs no keys for it.
DTLS keys of Janus: ${dir}/dtls.log. Ctrl-C ends it all.`);
  await new Promise(done => ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(signal => process.once(signal, done)));
  for (const p of servers.reverse()) await p.stop();
  sh(`${here}/down.sh`);
}

async function record(name) {
  const s = { ...base, ...scenarios[name] };
  const dir = `${here}/out/${name}`;
  const servers = prepare(s, dir);
  const captures = [], browsers = [], timeline = [];
  const note = what => { timeline.push({ t: Date.now(), what }); };
  const truth = { scenario: name, about: s.about, network: s.net, impair: s.impair, settings: s.settings, timeline };
  try {
    await sleep(1.5);
    for (const ns of s.peers) browsers.push(await openBrowser(ns, s, dir));
    for (const ns of s.capture) {
      const nic = s.nic ?? (['alice', 'bob'].includes(ns) ? 'eth0' : 'wan0');
      captures.push(start(ns, '/run/lab/log/dumpcap.log', ['dumpcap', '-q', '-i', nic, '-w', `${dir}/${ns}.pcapng`,
        ...(s.linkType ? ['-y', s.linkType] : []), '--capture-comment', `${name}: ${s.about}`]));
    }
    await sleep(1);
    for (const command of s.commands ?? []) { note(command); netns(command); }
    for (const b of browsers) {
      await b.page.goto(s.page, { timeout: 10000 });
      await b.page.fill('#room', String(s.room ?? 100));
      await b.page.fill('#name', b.ns);
      await b.page.click('#join');
      note(`${b.ns} clicks Join`);
      await sleep(2.5);
    }
    const began = Date.now();
    for (const [at, what] of s.events ?? []) {
      await sleep(Math.max(0, at - (Date.now() - began) / 1000));
      note(what);
      const method = what.match(/^page (\w+)$/)?.[1];
      if (method) await browsers[0].page.evaluate(m => window.demo[m](), method);
      else netns(what);
    }
    await sleep(Math.max(0, s.duration - (Date.now() - began) / 1000));
    note('end of call');
    truth.peers = {};
    for (const b of browsers)
      truth.peers[b.ns] = { browser: s.firefox === b.ns ? 'firefox' : 'chromium', peerConnections: await b.page.evaluate(() => window.truth()), status: await b.page.textContent('#status') };
    try { truth.janus = askJanus(); } catch (e) { truth.janus = []; }
    for (const b of [...browsers].reverse()) {
      await b.page.evaluate(() => Promise.race([window.demo.leave(), new Promise(r => setTimeout(r, 2000))])).catch(e => console.error(e.message));
      note(`${b.ns} leaves`);
      await sleep(0.7);
    }
  } finally {
    for (const b of browsers) await b.close().catch(e => console.error(e.message));
    await sleep(0.5);
    for (const c of captures) await c.stop('SIGINT');
    for (const p of servers.reverse()) await p.stop();
    sh(`${here}/down.sh`);
  }
  for (const b of browsers) Object.assign(truth.peers[b.ns], b.traffic);
  for (const log of [`${dir}/tls-alice.log`, `${dir}/dtls.log`, s.keys])
    if (log && existsSync(log)) appendFileSync(`${dir}/keys.log`, readFileSync(log));
  for (const log of ['tls-alice.log', 'tls-bob.log', 'dtls.log']) rmSync(`${dir}/${log}`, { force: true });
  if (s.secrets) sh('editcap', '--inject-secrets', `tls,${dir}/keys.log`, `${dir}/alice.pcapng`, `${dir}/alice-with-keys.pcapng`);
  writeFileSync(`${dir}/truth.json`, JSON.stringify(truth) + '\n');
  for (const f of readdirSync(dir)) chmodSync(`${dir}/${f}`, 0o644);
  for (const [ns, p] of Object.entries(truth.peers ?? {}))
    for (const pc of p.peerConnections) {
      const pair = pc.selectedPair, at = c => `${c.candidateType} ${c.address}:${c.port}/${c.protocol}`;
      console.log(`${name}: ${ns} pc${pc.index} ice=${pc.states?.ice} connection=${pc.states?.connection} ` +
        (pair ? `${at(pair.local)} -> ${at(pair.remote)}` : 'no pair'));
    }
}

const asked = process.argv.slice(2);
if (asked[0] === 'list') {
  for (const [name, s] of Object.entries(scenarios)) console.log(`${name.padEnd(24)} ${s.about}`);
  process.exit(0);
}
if (asked[0] === 'demo') {
  await demo();
  process.exit(0);
}
const names = asked[0] === 'all' ? Object.keys(scenarios) : asked;
for (const name of names)
  if (!scenarios[name]) { console.error(`no scenario ${name}; \`node record.mjs list\` lists them`); process.exit(2); }
for (const name of names) {
  try { await record(name); } catch (e) { console.error(`${name}: FAILED ${e.stack}`); process.exitCode = 1; }
}
