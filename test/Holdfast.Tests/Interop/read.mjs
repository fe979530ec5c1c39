import { createClient, RESP_TYPES } from 'redis';

const store = createClient({ socket: { path: process.argv[2] }, username: 'reader', password: 'pw' })
  .withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
await store.connect();
const partitions = Number(await store.hGet('hf:@store', 'partitions'));

function slot(text) {
  let crc = 0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % 16384;
}

// A session's id begins with its partition, whose tag is the first number in the partition's slot.
function key(id) {
  const wanted = (16384 / partitions) * parseInt(id.split('~')[0], 16);
  let tag = 0;
  while (slot(String(tag)) !== wanted) tag++;
  return `hf:{${tag}}:session/${id}`;
}

// The fields of the session, or null when there is none (any more).
async function session(id) {
  const fields = Object.entries(await store.hGetAll(key(id))).filter(([name]) => !name.startsWith('@'));
  return fields.length > 0 ? Object.fromEntries(fields) : null;
}

const found = await session(process.argv[3]);
console.log(found.name.toString(), Number(found.visits.toString()), found.photo.length, await session('0~nobody'));
await store.close();
