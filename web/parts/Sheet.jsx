import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

/** A press that was meant for what stood there before is not taken. */
const ARMED_AFTER_MS = 400;

/**
 * A sheet over the screen: it asks before something is done. It takes its first
 * press 400 ms after it has appeared. Esc and "Close" leave everything as it is.
 * Enter confirms nothing that moves coins: the actions are buttons, and only a
 * sheet that risks none has an onEnter.
 *
 *     {isAsked && <Sheet title={…} onClose={() => setAsked(false)}
 *       actions={<Button kind="primary" acts onPress={…}>…</Button>}>…</Sheet>}
 *
 * @param {{title: string, onClose: () => void, actions?: any, children: any,
 *          isWide?: boolean, onEnter?: () => void}} props
 */
export function Sheet({ title, onClose, actions, children, isWide, onEnter }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */(null));
  const armedAt = useRef(Infinity);
  const head = useRef(/** @type {HTMLHeadingElement | null} */(null));
  const heading = useId();

  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    head.current?.focus();
    armedAt.current = performance.now() + ARMED_AFTER_MS;
    return () => {
      /** @type {any} what the sheet has done away with, as a claim its button */
      const back = before?.isConnected ? before : document.querySelector('h1');
      back?.focus();
    };
  }, []);

  /** @param {Event} event */
  function guard(event) {
    if (performance.now() >= armedAt.current)
      return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <dialog ref={dialog} class={`sheet${isWide ? ' wide' : ''}`}
      aria-labelledby={heading} onClickCapture={guard}
      onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <div class="sheet-head">
        <h2 ref={head} id={heading} tabIndex={-1}>{title}</h2>
        <button type="button" class="button quiet" onClick={onClose}>
          <Icon name="cross" /><span>{text('sheet.close')}</span></button>
      </div>
      <form class="sheet-body" onSubmit={(event) => {
        event.preventDefault();
        onEnter?.();
      }}>
        {children}
        {/* Without a button of the form's own, Enter does nothing in a form of
            two fields, of which one may be hidden for a passphrase manager. */}
        {onEnter && <button type="submit" hidden />}
      </form>
      {actions && <div class="actions">{actions}</div>}
    </dialog>
  );
}
