// Two browsers that call each other with SIP over WebSocket. Bob calls alice as soon as he is registered.
import JsSIP from './jssip.js';
import { media, show } from './media.js';

const settings = {
  iceServers: [{ urls: 'stun:turn.lab.test:3478' }],
  audio: true,
  video: { width: 320, height: 240, frameRate: 15 },
  ...window.LAB,
};
const $ = id => document.getElementById(id);
let session;

function watch(pc) {
  pc.ontrack = ({ streams: [stream] }) => show(stream);
}

window.demo = { leave() { if (session && !session.isEnded()) session.terminate(); } };

$('form').onsubmit = async ev => {
  ev.preventDefault();
  const name = $('name').value;
  const stream = await media(settings);
  show(stream, true);
  const call = { mediaStream: stream, pcConfig: { iceServers: settings.iceServers } };
  const socket = new JsSIP.WebSocketInterface(`${location.origin.replace('http', 'ws')}/sip`);
  const agent = new JsSIP.UA({ sockets: [socket], uri: `sip:${name}@lab.test`, display_name: name, session_timers: false });
  agent.on('newRTCSession', ({ originator, session: made }) => {
    session = made;
    made.on('peerconnection', ({ peerconnection }) => watch(peerconnection));
    if (originator === 'remote') made.answer(call);
    else if (made.connection) watch(made.connection);
  });
  agent.on('registered', () => {
    $('status').textContent = `Registered as ${name}`;
    if (name === 'bob') agent.call('sip:alice@lab.test', call);
  });
  agent.start();
};
