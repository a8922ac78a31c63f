/**
 * A copy of what is marked on the page has amounts and keys whole, where the
 * page shows them cut: elements say what stands for them by data-exact.
 */
export function startCopies() {
  document.addEventListener('copy', (event) => {
    const selection = getSelection();
    if (!selection?.rangeCount || selection.isCollapsed ||
        !event.clipboardData || isField(event.target))
      return;
    const holder = selection.getRangeAt(0).cloneContents();
    const cut = holder.querySelectorAll('[data-exact]');
    if (!cut.length)
      return;
    for (const element of cut)
      element.textContent = element.getAttribute('data-exact');
    event.clipboardData.setData('text/plain', laidOut(holder));
    event.preventDefault();
  });
}

/** @param {EventTarget | null} target */
function isField(target) {
  return target instanceof Element && target.matches('input, textarea');
}

/**
 * Cells are told apart by tabs, and rows by lines.
 *
 * @param {Node} node
 */
function laidOut(node) {
  let told = '';
  for (const child of node.childNodes) {
    if (child instanceof SVGElement)
      continue;
    told += child instanceof Text ? child.data : laidOut(child);
    if (child instanceof HTMLElement && child.matches('td, th'))
      told += '\t';
    else if (child instanceof HTMLElement &&
             child.matches('tr, p, li, div, dt, dd, h1, h2, h3, pre'))
      told = told.replace(/\t$/, '') + '\n';
  }
  return told;
}
