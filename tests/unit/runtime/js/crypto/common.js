/*
 * What the cases of this folder share: keys, data, and outcomes as values that
 * JSON can carry. Nothing here is random.
 */
'use strict';

const c = require('crypto');

/* Keys made for these cases (PKCS#8). */
const pkcs8 = {
  rsa: 'MIICeQIBADANBgkqhkiG9w0BAQEFAASCAmMwggJfAgEAAoGBAM9blqXKnoT2NEwM7XFk' +
    'dfEw1CrgdPg6BncAl7Vw5P0Hfrr8V4uqcV6ceIfwAkG0GEOOtmiQ9mA2SnPTS9sfiIBwXe' +
    'huLrp6aPVyn9tlPmjddU4jC1kAPsmOw84Hr6kubwEyRdSrYVuvtlV/3G1TIcqsjiFMPVcE' +
    'LTNCDT3bYkatAgMBAAECgYEAw92+ulJfVDcABUo8y1xar/4wm2Oz+XlN/AC6TPAbzQrUYa' +
    'nUxB+2wOjKTZWffBKyzLW0hadQomcGAsx3Hb92fjDcssUyQFS/QJQmziEUlAXwNMwG0sqE' +
    'tqETExcUpoPQ9dnPsS51G84aBlA133h7nLHOtPh6gvT3v7nsoTZxeeECQQDojyW4vq2GBZ' +
    '2b5P+pQ+cEXW/3fSCYWrNo4xPvqOVu6FGAjRuzXdFkrXgXnQRkUB7p+D1DH8Imrr5OSSNe' +
    'BRF1AkEA5EInyj0PMBAqxzRDaZ+2+zJZA7JAp4trYgcrK7Us7NkJCBL3/b+WNMuaD8/jep' +
    'tHF1FLT8EBXfXd6++xnt7BWQJBAJsBnqDu5vXnlE+uaQHHMpnkNZb+HdWuztpgUI9zQcmU' +
    'q45Ff2skY0b5oIwMqjq6dIB6Z0rwRhZGbq37bcljE2kCQQChr7bty/ixLBKRTxUdgbQlFd' +
    'H2C1M/G0QyiS9sY4byMv7xyDYAebDVrw9veewCEnH2M3CsiuQEAcB0ezKPfezpAkEAuQO1' +
    'ViIABCUDgLh470PMgRv1vyCCj2btmhKRZi/bRhbchcK8T/yLJb/eziebFjir+5PG/dBfGe' +
    'SWxBoR25FfOg==',
  p256: 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggqjxIpIrk0INZDKS/lQ3' +
    'gCbXv9zRI9iSUiLJaiHRE1ahRANCAAQnXMnD19bC08WNSmOhypvxOpv8HOqRzoPZM9BGch' +
    '2kdmBvXQ6VUkQRjjbAlbnjTbdqkzbK3HRRhaCv5VpzHkc2',
  p384: 'MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCtuSI6BVGn0Ug/17m20OVL' +
    '+wwS94u4IHagJjCL+RTqIpqvfQDdGVlu3lFP2qUxE+2hZANiAAS3bC0SK+jJmTaB6POyFl' +
    '4n9RbODhk7emPVFiQKs1KzpOKz/TcXR7Lpg4WG1fk7nA+1hhqBulGgDsDW/vvwwxK02qH6' +
    'W8eTAdmLvSFxYyFPsiLTVVwP1GD2fvPq8iXikkU=',
  p521: 'MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBKoo7VC4JvfeiFDfU7ZCt' +
    'KXIlhpiIiFXGyLqFFMV/VAfrgXa/v1oouhGdn9gxE2ixLI7+5FKKFQF7dJuRA86C4TmhgY' +
    'kDgYYABAA7xk3J1lrsndMMzIIeLVayAjVJyn2wAOBzt/dYvD5t/pDQL/VoE2hTyFxVZuGt' +
    'Oqw9C6UU4zWuAQLt8lDTQ/vTGwA6bJRacF8RY491xkvwVDdvhUMdh9qA583jgUk7sVhoM9' +
    'LJJ/5k4nEsI/lS/x2I261k48DqRNuFcc6vIz6BvkuYLw==',
  k256: 'MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgQOw6TkRmfj+HygEx5kqdNgoc' +
    'jSTTcncLX6lCPZf/XWKhRANCAATmbM2tm6bIcfcZiItzmeKvPKSqWe4k1D9wL5rKlIiU8m' +
    'lVCMEYpyyRlxmuB2Lhn5rrFRMK1xFHkr9pRHG9jzNX',
  ed25519: 'MC4CAQAwBQYDK2VwBCIEILtdZCtP+wx87Lagy8mOq5608VNgC0hMwHg69A7yJBQx',
  ed448: 'MEcCAQAwBQYDK2VxBDsEOc2ontUet/taO9Vdldc+/Jz/HxnxBzsR3zjj7Eo+i3y2vDt' +
    'xAgXqxPsFm8djAIgndT89ArWNiZ8qWg==',
  x25519: 'MC4CAQAwBQYDK2VuBCIEIMA2hlRwlxSuqSmI9sVlzE09ydDZvae1HIIQMV4ahgRO',
  x448: 'MEYCAQAwBQYDK2VvBDoEOGhxLwRIX/R46HeXBVkKWnMyWCbuv1I2BEebMHC/tsZjTh33' +
    'waYhCC9vI/kxJugUN+dJRGebhL6S',
};
const privates = {};
const publics = {};
for (const [name, text] of Object.entries(pkcs8)) {
  privates[name] = c.createPrivateKey({ key: Buffer.from(text, 'base64'),
    format: 'der', type: 'pkcs8' });
  publics[name] = c.createPublicKey(privates[name]);
}

const bytes = (size, first = 0) =>
  Buffer.from(Array.from({ length: size }, (unused, at) => first + at & 255));
const text = 'The quick brown fox jumps over the lazy dog';

/* ---- outcomes ---- */

function show(value) {
  if (value instanceof Error)
    return [value.name, value.code ?? '', value.message];
  if (value instanceof Uint8Array)
    return `bytes ${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'bigint')
    return `${value}n`;
  if (Array.isArray(value))
    return value.map(show);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) =>
      [name, show(each)]));
  return value === undefined ? null : value;
}

async function outcome(own) {
  try {
    return show(await own());
  } catch (error) {
    return show(error);
  }
}

/* The outcome of each case, by "group: name". */
async function run(groups) {
  const all = {};
  for (const [group, cases] of Object.entries(groups))
    for (const [name, own] of Object.entries(cases))
      all[`${group}: ${name}`] = await outcome(own);
  return all;
}

module.exports = { pkcs8, privates, publics, bytes, text, run };
