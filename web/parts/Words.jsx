import { useEffect } from 'preact/hooks';

/**
 * The words of a wallet, in their order.
 *
 * @param {{words: string[]}} props
 */
export function Words({ words }) {
  return (
    <ol class="setup-words">
      {words.map((word) => <li><code>{word}</code></li>)}
    </ol>
  );
}

/**
 * Hide what is secret when nobody looks at the window any more.
 *
 * @param {() => void} hide
 */
export function useHiding(hide) {
  useEffect(() => {
    const hideIfHidden = () => document.hidden && hide();
    addEventListener('blur', hide);
    document.addEventListener('visibilitychange', hideIfHidden);
    return () => {
      removeEventListener('blur', hide);
      document.removeEventListener('visibilitychange', hideIfHidden);
    };
  }, []);
}
