import { useId, useRef, useState } from 'preact/hooks';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

const MARGIN = 8;

/**
 * Further actions of a row: buttons in a popover, which the browser closes on
 * Esc and on a press elsewhere. They are drawn while it is open: a table of many
 * rows has as many menus.
 *
 * @param {{label: string, children: any, words?: string, className?: string,
 *          icon?: import('./Icon.jsx').IconName}} props
 * label: what they are of, for readers; words: that stand on the button
 */
export function Menu({ label, children, words, className = 'menu-button',
  icon = 'dots' }) {
  const id = useId();
  const button = useRef(/** @type {HTMLButtonElement | null} */(null));
  const panel = useRef(/** @type {HTMLDivElement | null} */(null));

  const [isOpen, setOpen] = useState(false);

  /** @param {any} event before it is shown or hidden */
  function prepare(event) {
    if (event.newState !== 'open')
      return;
    setOpen(true);
    requestAnimationFrame(place);
  }

  /** @param {any} event after: by then the focus is back on the button */
  function clear(event) {
    setOpen(event.newState === 'open');
  }

  /** Below the button, within the window. */
  function place() {
    if (!button.current || !panel.current)
      return;
    const from = button.current.getBoundingClientRect();
    const size = panel.current.getBoundingClientRect();
    const left = Math.min(Math.max(from.right - size.width, MARGIN),
      innerWidth - size.width - MARGIN);
    const below = from.bottom + 4;
    const top = below + size.height > innerHeight - MARGIN
      ? Math.max(from.top - size.height - 4, MARGIN) : below;
    panel.current.style.left = `${left}px`;
    panel.current.style.top = `${top}px`;
  }

  function hide() {
    // @ts-ignore: TypeScript 4.8 does not know popovers
    panel.current?.hidePopover();
  }

  return (
    <>
      <button ref={button} type="button" class={`button quiet ${className}`}
        popovertarget={id}
        aria-label={words ? undefined : text('menu.of', { label })}>
        <Icon name={icon} />{words && <span>{words}</span>}
      </button>
      <div ref={panel} id={id} popover="auto" class="menu" role="group"
        aria-label={label} onBeforeToggle={prepare}
        onToggle={clear} onClick={hide}>
        {isOpen && children}</div>
    </>
  );
}
