// The page's files, for the servers that bring it themselves.
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

// A path of a URL → { type, body }; undefined when there is no such file.
export function file(path) {
  const name = new URL(path, 'http://x').pathname.replace(/\/$/, '/index.html');
  try {
    return { type: types[extname(name)] ?? 'text/plain', body: readFileSync(`/run/lab/page${name}`) };
  } catch { return undefined; }
}
