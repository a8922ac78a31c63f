/**
 * Give the browser a file to keep.
 *
 * @param {string} name
 * @param {string | Blob} words
 * @param {string} type
 */
export function save(name, words, type) {
  const url = URL.createObjectURL(new Blob([words], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
