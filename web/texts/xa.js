/**
 * English that looks like another language: accented, a third longer, in
 * brackets. What stays plain on the screen is not in the file of texts; what is
 * cut off has too little room.
 */
import english from './en.json';

const ACCENTS = Object.fromEntries([...'aáeéiíoóuúyýAÁEÉIÍOÓUÚcčnñsšzž']
  .map((letter, at, all) => [letter, all[at + 1]])
  .filter((_, at) => at % 2 === 0));

/**
 * Outside of {}, and inside of the forms of a plural.
 *
 * @param {string} source
 */
function accented(source) {
  const told = source.replace(/\{#?\w+(?:\|\w+:)?|\|\w+:|[a-zA-Z]/g,
    (/** @type {string} */ found) => ACCENTS[found] ?? found);
  return `[${told}${' ~'.repeat(Math.ceil(source.length / 12))}]`;
}

export default Object.fromEntries(Object.entries(english)
  .map(([key, source]) => [key, accented(source)]));
