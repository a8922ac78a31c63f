/*
 * Media types: of file names, in Accept headers (RFC 9110, 12.5) and in
 * Content-Type headers.
 */
'use strict';

(function () {
  const types = new Map(Object.entries({
    avif: 'image/avif', bin: 'application/octet-stream',
    bmp: 'image/bmp', car: 'application/vnd.ipld.car', cjs: 'application/node',
    css: 'text/css', csv: 'text/csv', form: 'application/x-www-form-urlencoded',
    gif: 'image/gif', gz: 'application/gzip', htm: 'text/html',
    html: 'text/html', ico: 'image/x-icon', jpeg: 'image/jpeg',
    jpg: 'image/jpeg', js: 'application/javascript', json: 'application/json',
    log: 'text/plain', map: 'application/json', md: 'text/markdown',
    mjs: 'application/javascript', mp3: 'audio/mpeg', mp4: 'video/mp4',
    multipart: 'multipart/*', ogg: 'audio/ogg', otf: 'font/otf',
    pdf: 'application/pdf', png: 'image/png', rss: 'application/rss+xml',
    svg: 'image/svg+xml', tar: 'application/x-tar', text: 'text/plain',
    ttf: 'font/ttf', txt: 'text/plain', urlencoded:
    'application/x-www-form-urlencoded', wasm: 'application/wasm',
    wav: 'audio/x-wav', webm: 'video/webm', webp: 'image/webp',
    woff: 'font/woff', woff2: 'font/woff2', xhtml: 'application/xhtml+xml',
    xml: 'application/xml', yaml: 'text/yaml', yml: 'text/yaml',
    zip: 'application/zip' }));

  /* The media type of "json", ".json" or "a/b.json"; undefined if unknown. */
  const type_of = (name) => types.get(/[^./\\]*$/.exec(String(name))[0]
    .toLowerCase());

  /* Whether a type is text, which is UTF-8 here. */
  const is_text = (type) =>
    /^text\/|^application\/(json|javascript)$/.test(type);

  /* Parse "a;q=0.5, b" into [{value, parameters, quality}], the best first. */
  function preferences(header) {
    return header.split(',').map((piece, place) => {
      const [value, ...rest] = piece.split(';').map((part) => part.trim());
      const parameters = rest.filter((part) => !/^q=/i.test(part));
      const weight = rest.find((part) => /^q=/i.test(part));
      return { value: value.toLowerCase(), parameters, place,
        quality: weight ? Number(weight.slice(2)) : 1 };
    }).filter(({ value }) => value);
  }

  /* How exactly the wanted pattern names a type; 0 if it does not. */
  function type_match(wanted, type) {
    const [value, ...parameters] = type.toLowerCase().split(';')
      .map((part) => part.trim());
    const [main, sub] = value.split('/');
    const [wanted_main, wanted_sub] = wanted.value.split('/');
    if (wanted_main !== '*' && wanted_main !== main)
      return 0;
    if (wanted_sub !== '*' && wanted_sub !== sub)
      return 0;
    if (!wanted.parameters.every((part) =>
      parameters.includes(part.toLowerCase())))
      return 0;
    return 1 + (wanted_main !== '*' ? 4 : 0) + (wanted_sub !== '*' ? 2 : 0) +
      (wanted.parameters.length ? 1 : 0);
  }

  const word_match = (wanted, word) => wanted.value === word.toLowerCase() ? 3
    : wanted.value === '*' ? 1 : 0;

  const language_match = (wanted, word) => word_match(wanted, word) ||
    (word.toLowerCase().startsWith(wanted.value + '-') ? 2 : 0);

  /* The offers that the header allows, the best first. */
  function choose(header, offers, match) {
    const wishes = preferences(header);
    const rated = offers.map((offer, place) => {
      let best = { score: 0, quality: 0, place: 0 };
      for (const wish of wishes) {
        const score = match(wish, offer);
        if (score > best.score)
          best = { score, quality: wish.quality, place: wish.place };
      }
      return { offer, place, best };
    });
    return rated.filter(({ best }) => best.quality > 0)
      .sort((a, b) => b.best.quality - a.best.quality ||
        b.best.score - a.best.score || a.best.place - b.best.place ||
        a.place - b.place)
      .map(({ offer }) => offer);
  }

  /* Does the media type match "json", "text/*", "*\/*", "+json"? */
  function type_is(value, wanted) {
    const [main, sub = ''] = value.split(';')[0].trim().toLowerCase()
      .split('/');
    if (wanted.startsWith('+'))
      return sub.endsWith(wanted);
    const whole = wanted.includes('/') ? wanted : type_of(wanted);
    if (!whole)
      return false;
    const [wanted_main, wanted_sub] = whole.toLowerCase().split('/');
    return (wanted_main === '*' || wanted_main === main) &&
      (wanted_sub === '*' || wanted_sub === sub ||
        (wanted_sub.startsWith('*+') && sub.endsWith(wanted_sub.slice(1))));
  }

  return { type_of, is_text, preferences, choose, type_match, word_match,
    language_match, type_is };
})
