import { useMemo } from 'preact/hooks';
import { order, orderKey, prove } from '../core/api.js';
import { can } from '../core/node.js';
import { text } from '../core/text.js';
import { GuardedSheet } from '../parts/GuardedSheet.jsx';
import { say } from '../parts/Notice.jsx';

/**
 * Asks before the staking key's coins go back to the main wallet.
 *
 * @param {{onClose: () => void}} props
 */
export function EmptySheet({ onClose }) {
  const once = useMemo(orderKey, []);

  /** @param {string} passphrase */
  async function empty(passphrase) {
    const proof = can('seal') ? await prove(passphrase) : undefined;
    await order('staking-key/empty', {}, { once, proof });
    say({ tone: 'good', words: text('money.emptying') });
    onClose();
  }

  return (
    <GuardedSheet title={text('money.empty')} button={text('money.empty')}
      isSealed={can('seal')} onClose={onClose} onGo={empty}>
      <p>{text('money.empty_what')}</p>
    </GuardedSheet>
  );
}
