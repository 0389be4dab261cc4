// A registrar and relay for SIP over WebSocket (RFC 7118): what one says goes to whom it names, unchanged. The page comes from here, too.
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { file } from './files.mjs';

const server = createServer((req, res) => {
  const found = file(req.url);
  if (!found) return res.writeHead(404).end();
  res.writeHead(200, { 'Content-Type': found.type, 'Content-Encoding': 'gzip' }).end(gzipSync(found.body));
});

const users = new Map(); // user → WebSocket
const calls = new Map(); // Call-ID → both WebSockets
const header = (text, name) => text.match(new RegExp(`^${name}\\s*:\\s*(.*?)\\r?$`, 'mi'))?.[1] ?? '';
const user = uri => uri.match(/sips?:([^@;>]+)/)?.[1];
const tagged = to => /;tag=/.test(to) ? to : `${to};tag=relay`;

function receive(ws, text) {
  if (!text.trim()) return ws.send(text); // keep-alive (RFC 7118 §6)
  const lines = text.split('\r\n');
  const all = name => lines.filter(line => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  const answer = (status, ...more) => ws.send([`SIP/2.0 ${status}`, ...all('Via'), ...all('From'), `To: ${tagged(header(text, 'To'))}`,
    ...all('Call-ID'), ...all('CSeq'), ...more, 'Content-Length: 0', '', ''].join('\r\n'));
  if (lines[0].startsWith('REGISTER')) {
    users.set(user(header(text, 'To')), ws);
    return answer('200 OK', ...all('Contact'), 'Expires: 600');
  }
  const id = header(text, 'Call-ID');
  if (lines[0].startsWith('INVITE') && !/;tag=/.test(header(text, 'To'))) {
    const callee = users.get(user(lines[0]));
    if (!callee) return answer('404 Not Found');
    answer('100 Trying');
    calls.set(id, [ws, callee]);
    return callee.send(text);
  }
  const [caller, callee] = calls.get(id) ?? [];
  (ws === caller ? callee : caller)?.send(text);
}

const wss = new WebSocketServer({ server, handleProtocols: offered => offered.has('sip') && 'sip' });
wss.on('connection', ws => ws.on('message', data => receive(ws, String(data))));
server.listen(80, '0.0.0.0');
