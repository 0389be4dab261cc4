// node slips.mjs [DIR]: writes the session descriptions of `sdp-slips`: one that is intact, and what people and editors make of it.
import { mkdirSync, writeFileSync } from 'node:fs';

const dir = process.argv[2] ?? `${import.meta.dirname}/out/sdp-slips`;

// After a Chromium offer; the credentials are made up.
const intact = `v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS cam
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 116
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Kp3V
a=ice-pwd:q0Zb8yJw1vXcR6nT5mLh2dGs
a=ice-options:trickle
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08
a=setup:actpass
a=mid:0
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=msid:cam track
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:116 red/90000
a=ssrc-group:FID 3835126325 3169638896
a=ssrc:3835126325 cname:w3VnFi1bNq0pR2sT
a=ssrc:3169638896 cname:w3VnFi1bNq0pR2sT
`.split('\n').slice(0, -1);

const junk = lines => lines.map(line => line.replace('97 102 103 116', '97 … 116 mid=0'));
const elided = lines => lines.flatMap((line, at) => at === 28 ? ['… more lines'] : at === 29 || at === 30 ? [] : [line]);
const unconnected = lines => lines.filter(line => !line.startsWith('c='));
const indented = lines => lines.map(line => /^(t=|a=ice-pwd|a=msid:|a=rtpmap:97|a=ssrc-group)/.test(line) ? `  ${line}` : line);
const gapped = lines => lines.flatMap(line => line.startsWith('a=ice-ufrag') ? [line, ''] : [line]);
const ended = (lines, ending) => lines.map(line => line + ending).join('');

mkdirSync(dir, { recursive: true });
for (const [name, text] of Object.entries({
  'intact': ended(intact, '\r\n'),
  'junk-in-media-line': ended(junk(intact), '\r\n'),
  'elided-lines': ended(elided(intact), '\r\n'),
  'line-feeds': ended(intact, '\n'),
  'without-connection': ended(unconnected(intact), '\r\n'),
  'as-printed': gapped(indented(unconnected(junk(elided(intact))))).join('\n'),
})) writeFileSync(`${dir}/${name}.sdp`, text);
