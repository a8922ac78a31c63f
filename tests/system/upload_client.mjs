// Uploads to Koii's storage as its SDK makes them, with Node's own fetch,
// FormData and cryptography.
//
//     node upload_client.mjs URL KEY_FILE [CHANGE] FILE...
//
// prints {"status", "origin", "body"}. CHANGE is what is wrong with the upload:
// --signature, --no-signature, --no-key, --other-key.
import { createHash, createPrivateKey, generateKeyPairSync,
         sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(bytes) {
  let number = BigInt('0x0' + bytes.toString('hex'));
  let text = '';
  for (; number; number /= 58n)
    text = ALPHABET[Number(number % 58n)] + text;
  for (const byte of bytes) {
    if (byte)
      break;
    text = '1' + text;
  }
  return text;
}

// Key and address of a wallet file, which has seed and public key.
function readWallet(path) {
  const bytes = Buffer.from(JSON.parse(readFileSync(path, 'utf8')));
  const key = createPrivateKey({
    format: 'der', type: 'pkcs8',
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'),
                        bytes.subarray(0, 32)]),
  });
  return { key, address: base58(bytes.subarray(32)) };
}

const [url, wallet, ...rest] = process.argv.slice(2);
const change = rest[0]?.startsWith('--') ? rest.shift() : '';
let { key, address } = readWallet(wallet);
if (change === '--other-key') {
  const pair = generateKeyPairSync('ed25519');
  key = pair.privateKey;
  address = base58(
    pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
}
const form = new FormData();
const hash = createHash('sha256');
for (const path of rest) {
  const bytes = readFileSync(path);
  form.append('files', new Blob([bytes]), basename(path));
  hash.update(bytes);
}
const message = Buffer.from(hash.digest('hex'));
const signed = Buffer.concat([sign(null, message, key), message]);
if (change === '--signature')
  signed[0] ^= 1;
if (change !== '--no-signature')
  form.append('signature', base58(signed));
if (change !== '--no-key')
  form.append('stakingWalletPubkey', address);
const answer = await fetch(url, { method: 'POST', body: form });
console.log(JSON.stringify({
  status: answer.status,
  origin: answer.headers.get('access-control-allow-origin'),
  body: await answer.text(),
}));
