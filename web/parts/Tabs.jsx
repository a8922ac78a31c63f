import { route } from '../core/router.js';

/** On a phone they are wider than the window: the present one is in sight.
 *
 * @param {HTMLElement | null} tab */
function show(tab) {
  if (tab && tab.parentElement)
    tab.parentElement.scrollLeft = tab.offsetLeft - 120;
}

/**
 * Parts of a screen that have routes of their own: links, so that each can be
 * opened, kept and gone back to.
 *
 * @param {{label: string, tabs: {href: string, label: string}[]}} props
 */
export function Tabs({ label, tabs }) {
  const path = `#${route.value.path}`;
  // What lies below a tab belongs to it: the nearest above.
  const here = tabs.map(({ href }) => href)
    .filter((href) => path === href || path.startsWith(`${href}/`))
    .sort((a, b) => b.length - a.length)[0];
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.href} href={tab.href}
          ref={tab.href === here ? show : null}
          aria-current={tab.href !== here ? undefined
            : here === path ? 'page' : 'true'}>{tab.label}</a>
      ))}
    </nav>
  );
}
