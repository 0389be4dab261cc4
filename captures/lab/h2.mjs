// HTTP/2 with WebSocket inside (RFC 8441): the page, and /janus-ws passed on to Janus's WebSocket server.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { file } from './files.mjs';

const tls = name => readFileSync(`/run/lab/tls/${name}`);
const server = http2.createSecureServer({ key: tls('server.key'), cert: tls('server.pem'), settings: { enableConnectProtocol: true } });

server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  if (headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket') return passOn(stream, headers['sec-websocket-protocol']);
  const found = file(headers[':path']);
  if (!found) return stream.respond({ ':status': 404 }, { endStream: true });
  stream.respond({ ':status': 200, 'content-type': found.type });
  stream.end(found.body);
});

// Frames go through as they are, masks and all: only the handshake differs between HTTP/1.1 and HTTP/2.
function passOn(stream, protocol) {
  const janus = net.connect(8188, '203.0.113.10');
  janus.write(['GET / HTTP/1.1', 'Host: janus.lab.test:8188', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `Sec-WebSocket-Protocol: ${protocol}`, '', ''].join('\r\n'));
  janus.on('error', () => stream.close());
  stream.on('close', () => janus.destroy());
  let head = Buffer.alloc(0);
  janus.on('data', function answer(data) {
    head = Buffer.concat([head, data]);
    const end = head.indexOf('\r\n\r\n') + 4;
    if (end < 4) return;
    janus.off('data', answer);
    stream.respond({ ':status': 200, 'sec-websocket-protocol': protocol });
    if (end < head.length) stream.write(head.subarray(end));
    janus.pipe(stream).pipe(janus);
  });
}

server.listen(443, '0.0.0.0');
