// How the tests say where the node is: REDIS_URL (redis://, rediss:// or unix:path) and, for TLS, REDIS_CA, a file.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const url = process.env.REDIS_URL;
export const path = url.startsWith('unix:') ? url.slice('unix:'.length) : null;
export const tls = url.startsWith('rediss:') ? { ca: readFileSync(process.env.REDIS_CA), servername: 'localhost' } : null;
export const address = path ? null : new URL(url);
export { url };

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tells the test that it may do what comes next, and waits until it says that it has. */
export async function hold(what) {
  console.log(what);
  await lines.next();
}

/** Asks until the answer is as wanted: for what comes by itself, at a moment that nobody tells. */
export async function until(ask, isWanted) {
  for (;;) {
    const answer = await ask().catch((fault) => fault);
    if (isWanted(answer)) {
      return answer;
    }

    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function done() {
  console.log('done');
  process.exit(0);
}
