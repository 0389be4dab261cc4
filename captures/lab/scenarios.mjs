// What each scenario changes of `base`. Commands are "NAMESPACE COMMAND...".
export const base = { duration: 10, peers: ['alice', 'bob'], capture: ['alice'], net: [], chromium: [] };

const stun = { urls: 'stun:turn.lab.test:3478' };
const turn = (urls = 'turn:turn.lab.test:3478', credential = 'turnpassword') => ({ urls, username: 'turnuser', credential });
const drop = rule => `nata iptables -I FORWARD -p udp ${rule} -j DROP`;
const noJanusUdp = [drop('-d 203.0.113.10')];
const noUdp6 = ['nata ip6tables -I FORWARD -p udp -j DROP'];
// NATs that give a socket another external port for each destination.
const randomPorts = ['nata', 'natb'].map(n => `${n} iptables -t nat -I POSTROUTING -o wan0 -p udp -j MASQUERADE --random-fully`);
const noUdp = [drop('-m multiport ! --ports 53')];

const http = { page: 'http://web.lab.test/', settings: { server: 'http://janus.lab.test:8088/janus' } };
const https = { page: 'https://web.lab.test/', settings: { server: '/janus' } };
const ws = { page: 'http://web.lab.test/', settings: { server: 'ws://janus.lab.test:8188/' } };
const p2p = { page: 'http://web.lab.test/p2p.html', settings: {} };
const scenario = (kind, about, settings = {}, more = {}) => ({ ...kind, about, ...more, settings: { ...kind.settings, ...settings } });

const stunOnly = { iceServers: [stun] };
const relayOver = urls => ({ iceServers: [turn(urls)], iceTransportPolicy: 'relay' });
const fingerprint = ['(a=fingerprint:sha-256 )..:..', '$100:00'];

export const scenarios = {
  'videoroom-http': scenario(http, 'Plain HTTP to Janus :8088, video only, direct path through NAT', stunOnly,
    { capture: ['alice', 'janus'] }),
  'videoroom-https': scenario(https, 'HTTPS + HTTP/2 through nginx (/janus), video only', stunOnly,
    { capture: ['alice', 'janus'], secrets: true }),
  'videoroom-relay': scenario(http, 'UDP between client and Janus dropped: TURN over UDP', { iceServers: [stun, turn()] },
    { net: noJanusUdp, capture: ['alice', 'turn'] }),

  'ice-failure-blocked': scenario(http, 'No UDP at all and no TURN: ICE fails', stunOnly, { net: noUdp, duration: 22 }),
  'ice-failure-auth': scenario(http, 'UDP to Janus dropped, wrong TURN password: 401, ICE fails',
    { iceServers: [stun, turn(undefined, 'wrong')] }, { net: noJanusUdp, duration: 22 }),
  'ice-failure-denied': scenario(http, 'UDP to Janus dropped, TURN server denies the peer: 403, ICE fails',
    { iceServers: [stun, turn()] }, { net: noJanusUdp, duration: 22, turn: ['--denied-peer-ip=203.0.113.10'] }),

  'lossy': scenario(http, '5% loss, 40 ms delay, 10 ms jitter each way on alice\'s cable; Opus + VP8',
    { ...stunOnly, audio: true }, { impair: '5 40 10 7', duration: 12, capture: ['alice', 'janus'] }),
  'audio-video': scenario(http, 'Like videoroom-http with Opus + VP8 and no loss', { ...stunOnly, audio: true }),

  'websocket': scenario(ws, 'Signaling over ws:// to Janus :8188', stunOnly),
  'websocket-tls': scenario(https, 'Signaling over wss:// through nginx', { ...stunOnly, server: 'wss://web.lab.test/janus-ws' },
    { secrets: true }),
  'websocket-h2': scenario(https, 'Signaling over WebSocket inside HTTP/2 (RFC 8441), through a server of Node.js',
    { ...stunOnly, server: 'wss://web.lab.test/janus-ws' }, { secrets: true, web: ['node', 'h2.mjs'] }),
  'sip-websocket': scenario(p2p, 'Two browsers, SIP over WebSocket (JsSIP)', {},
    { page: 'http://web.lab.test/sip.html', sip: true, net: noUdp6, web: ['node', 'sip.mjs'] }),

  'p2p': scenario(p2p, 'Two browsers, HTTP/JSON long-poll signaling; audio, video and data channel', {}, { net: noUdp6, capture: ['alice', 'bob'] }),
  'p2p-websocket-deflate': scenario(p2p, 'Two browsers, WebSocket signaling with permessage-deflate', { signal: 'ws' }, { net: noUdp6 }),
  'p2p-symmetric-nat': scenario(p2p, 'Symmetric NATs on both sides: relay needed', { iceServers: [stun, turn()], audio: false },
    { capture: ['alice', 'bob'], net: [...noUdp6, ...randomPorts] }),

  'nat-no-relay': scenario(p2p, 'Symmetric NATs on both sides, two STUN ports and no relay: ICE fails',
    { iceServers: [{ urls: ['stun:turn.lab.test:3478', 'stun:turn.lab.test:5349'] }], audio: false },
    { duration: 22, net: [...noUdp6, ...randomPorts] }),
  'dtls-in-stun': scenario(p2p, 'Two experiments of libwebrtc: DTLS inside checks, and short checks', {},
    { net: noUdp6, chromium: ['--force-fieldtrials=WebRTC-IceHandshakeDtls/Enabled/WebRTC-IceFieldTrials/announce_goog_ping:true,enable_goog_ping:true/'] }),

  'simulcast': scenario(http, 'Three simulcast encodings, audio level, transport-cc', { ...stunOnly, audio: true,
    video: { width: 960, height: 540, frameRate: 10 },
    encodings: [{ rid: 'h', maxBitrate: 220_000 }, { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 110_000 },
      { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 50_000 }] }, { room: 200, duration: 9 }),

  'turn-tcp': scenario(http, 'Relay over TURN/TCP', relayOver('turn:turn.lab.test:3478?transport=tcp')),
  'turn-tls': scenario(http, 'Relay over TURN/TLS (turns:)', relayOver('turns:turn.lab.test:5349'), { secrets: true }),
  'ice-tcp': scenario(http, 'No UDP: ICE-TCP straight to Janus (ICE lite), RFC 4571 framing', stunOnly,
    { net: noUdp, janus: ['--ice-lite', '--ice-tcp'] }),

  'mdns': scenario(http, 'Host candidates hidden behind mDNS names (canvas, no camera)', { ...stunOnly, source: 'canvas' }, { mdns: true }),
  'ipv6': scenario(https, 'Media and signaling over IPv6', { iceServers: [{ urls: 'stun:turn6.lab.test:3478' }] },
    { page: 'https://web6.lab.test/', net: noUdp, janus: ['--ipv6-candidates'], secrets: true }),
  'restart-ice': scenario(http, 'ICE restart of publisher and subscriber at 4 s', stunOnly, { events: [[4, 'page restartIce']] }),
  'dtls-failure-offer': scenario(http, 'Fingerprint in the offer mangled: Janus refuses DTLS', stunOnly,
    { alice: { mangleOffer: fingerprint } }),
  'dtls-failure-answer': scenario(http, 'Fingerprint in the answer mangled: the browser refuses DTLS', stunOnly,
    { alice: { mangleAnswer: fingerprint } }),
  'one-way-media': scenario(http, 'From 5 s, packets over 160 bytes from Janus to alice are lost; STUN still passes', stunOnly,
    { events: [[5, drop('-s 203.0.113.10 -m length --length 160:1500')]] }),
  'one-way-loss': scenario(http, 'From 5 s, everything from Janus to alice is lost: ICE disconnects', stunOnly,
    { events: [[5, drop('-s 203.0.113.10')]], duration: 14 }),
  'consent-expiry': scenario(http, 'From 4 s no UDP passes either way: consent expires, ICE fails', stunOnly,
    { events: [[4, noUdp[0]]], duration: 28 }),

  'path-interrupted': scenario(http, 'From 4 s to 13 s no UDP passes either way: ICE disconnects, and connects again by itself', { ...stunOnly, audio: true },
    { events: [[4, noUdp[0]], [13, 'nata iptables -D FORWARD 1']], duration: 18 }),
  'peer-vanished': scenario(http, 'From 6 s not one packet leaves alice\'s machine, as if its lid was closed', { ...stunOnly, audio: true },
    { events: [[6, 'alice iptables -I OUTPUT -j DROP']], capture: ['alice', 'janus'], duration: 26 }),
  'nat-rebinding': scenario(http, 'At 5 s the NAT forgets its mappings and makes new ones: nothing of Janus comes through any more', { ...stunOnly, audio: true },
    { events: [[5, 'nata conntrack -F']], capture: ['alice', 'janus'], duration: 14 }),

  'turn-stale-nonce': scenario(http, 'Relay; nonces live 3 s, so the last Refresh gets 438', relayOver('turn:turn.lab.test:3478'),
    { turn: ['--stale-nonce=3'], duration: 6 }),
  // Without browsers: coturn's own client.
  'turn-dtls': scenario(http, 'TURN over DTLS: coturn\'s client, no call', {},
    { peers: [], duration: 2, commands: ['alice turnutils_uclient -S -y -n 10 -u turnuser -w turnpassword -p 5349 203.0.113.20'] }),
  'turn-tcp-allocation': scenario(http, 'TURN allocations for TCP (RFC 6062): coturn\'s client, no call', {},
    { peers: [], duration: 2, commands: ['alice turnutils_uclient -T -t -y -n 10 -u turnuser -w turnpassword 203.0.113.20'] }),
  'tls': scenario(http, 'TLS of every version and kind of cipher, with OpenSSL at both ends, no call', {},
    { peers: [], duration: 1, nic: 'lo', commands: ['alice bash conf/openssl.sh'], keys: '/run/lab/openssl/keys.log', secrets: true }),

  'mute': scenario(http, 'alice sends no video from 4 s to 7 s, with no signaling: a gap that is not loss', stunOnly,
    { events: [[4, 'page mute'], [7, 'page unmute']] }),
  'room-missing': scenario(http, 'Joining a room that does not exist: Janus answers with an error, no media', stunOnly,
    { room: 999, peers: ['alice'], duration: 2 }),
  'vp9': scenario(http, 'Room that takes VP9 and Opus', { ...stunOnly, audio: true }, { room: 300, duration: 8 }),
  'h264': scenario(http, 'Room that takes H.264', stunOnly, { room: 400, duration: 8 }),
  'firefox-videoroom': scenario(https, 'alice runs Firefox; HTTPS, Opus + VP8', { ...stunOnly, audio: true }, { firefox: 'alice', secrets: true }),
  'firefox-p2p': scenario(p2p, 'Firefox calls Chromium: DTLS 1.3, with its keys; audio, video and data', {},
    { firefox: 'alice', net: noUdp6, secrets: true }),
  'any-device': scenario(http, 'Captured on the "any" device: Linux cooked link type (SLL)', stunOnly, { nic: 'any', duration: 6 }),
  'any-device-sll2': scenario(http, 'The same with version 2 of that link type (SLL2)', stunOnly,
    { nic: 'any', linkType: 'LINUX_SLL2', duration: 6 }),
  'offload': scenario(https, 'Segmentation and checksum offload left on: large segments, unfinished checksums', stunOnly,
    { offload: true, secrets: true, duration: 6 }),

  'quic': scenario(https, 'HTTPS over HTTP/3 (Caddy in place of nginx)', stunOnly,
    { quic: true, secrets: true, web: ['caddy', 'run', '--config', 'conf/Caddyfile', '--adapter', 'caddyfile'] }),
};
