import { route } from '../core/router.js';

/**
 * Parts of a screen that have routes of their own: links, so that each can be
 * opened, kept and gone back to.
 *
 * @param {{label: string, tabs: {href: string, label: string}[]}} props
 */
export function Tabs({ label, tabs }) {
  const here = `#${route.value.path}`;
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.href} href={tab.href}
          aria-current={tab.href === here ? 'page' : undefined}>{tab.label}</a>
      ))}
    </nav>
  );
}
