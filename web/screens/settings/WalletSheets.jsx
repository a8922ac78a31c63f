/**
 * What is asked before something is done with a wallet.
 */
import { useEffect, useState } from 'preact/hooks';
import { errorText, order, orderKey, prove, rpc } from '../../core/api.js';
import { can } from '../../core/node.js';
import { go } from '../../core/router.js';
import { save } from '../../core/save.js';
import { setup } from '../../core/setup.js';
import { text } from '../../core/text.js';
import { Amount } from '../../parts/Amount.jsx';
import { Button } from '../../parts/Button.jsx';
import { Checkbox, Field } from '../../parts/Field.jsx';
import { GuardedSheet } from '../../parts/GuardedSheet.jsx';
import { say } from '../../parts/Notice.jsx';
import { Sheet } from '../../parts/Sheet.jsx';
import { Stakes } from '../../parts/Stakes.jsx';
import { useHiding, Words } from '../../parts/Words.jsx';

/** @typedef {import('./Wallets.jsx').Wallet} Wallet */
/** @typedef {{wallet: Wallet, onClose: () => void, stakes?: any}} Asks */

/** @param {Wallet} wallet @param {string} what */
const pathOf = ({ name }, what) =>
  `wallets/${encodeURIComponent(name)}${what}`;

/** @param {string} what @param {Wallet} wallet */
const titleOf = (what, { name }) =>
  text('wallets.title', { what: text(`wallets.${what}`), name });

/**
 * Its name; then the steps of the first run that make or bring a wallet.
 *
 * @param {{onClose: () => void}} props
 */
export function AddWallet({ onClose }) {
  const [name, setName] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));

  /** @param {string} passphrase */
  async function add(passphrase) {
    await order('wallets', { name, passphrase });
    onClose();
    setup.value = { step: '3', waits: false, adding: name };
    go('/setup/3');
  }

  return (
    <GuardedSheet title={text('wallets.add')} button={text('setup.next')}
      isSealed={can('seal')} onClose={onClose} onGo={add}
      onFault={(error) => {
        setFault(error.field === 'name'
          ? text(`wallets.name_${error.code}`) : null);
        return error.field === 'name';
      }}>
      <p>{text('wallets.add_what')}</p>
      <Field label={text('settings.network_name')} value={name} error={fault}
        hint={text('wallets.name_form')} isRequired max={64}
        onInput={(value) => { setName(value); setFault(null); }} />
    </GuardedSheet>
  );
}

/** @param {Asks} props */
export function UseWallet({ wallet, onClose }) {
  async function use() {
    await order(pathOf(wallet, '/use'));
    onClose();
  }

  return (
    <Sheet title={titleOf('use', wallet)}
      onClose={onClose} actions={<Button kind="primary" acts onPress={use}>
        {text('wallets.use')}</Button>}>
      <p>{text('wallets.use_what')}</p>
    </Sheet>
  );
}

/** @param {Asks} props */
export function ShowWords({ wallet, onClose }) {
  const [words, setWords] = useState(/** @type {string[] | null} */(null));
  useHiding(() => setWords(null));
  return (
    <GuardedSheet title={titleOf('words', wallet)}
      button={text('setup.show')} isSealed={wallet.sealed} onClose={onClose}
      isDone={Boolean(words)} onGo={async (passphrase) => setWords(
        (await order(pathOf(wallet, '/phrase'), { passphrase })).words)}>
      <p>{text('wallets.words_what')}</p>
      {words && <Words words={words} />}
    </GuardedSheet>
  );
}

/** @param {Asks} props */
export function ExportKey({ wallet, onClose }) {
  const [isStaking, setStaking] = useState(false);

  /** @param {string} passphrase */
  async function write(passphrase) {
    const { key } = await order(pathOf(wallet, '/export'),
      { passphrase, staking: isStaking });
    save(`${wallet.name}${isStaking ? '-staking' : ''}.json`,
      JSON.stringify(key.map(Number)), 'application/json');
    say({ tone: 'good', words: text('settings.saved') });
    onClose();
  }

  return (
    <GuardedSheet title={titleOf('export', wallet)}
      button={text('wallets.export')} isSealed={wallet.sealed}
      onClose={onClose} onGo={write}>
      <p>{text('wallets.export_what')}</p>
      <Checkbox label={text('wallets.export_staking')} isOn={isStaking}
        onInput={setStaking} />
    </GuardedSheet>
  );
}

/** @param {Asks} props */
export function DeleteWallet({ wallet, stakes, onClose }) {
  const [typed, setTyped] = useState('');
  const [isStaked, setStaked] = useState(false);
  const [faults, setFaults] = useState(
    /** @type {Record<string, string | null>} */({}));
  const held = useBalance(wallet.main);
  const mayHave = !stakes || Boolean(faults.staked) || stakes.items.some(
    (/** @type {any} */ { key }) =>
      [wallet.staking, wallet.kpl_staking].includes(key));

  /** @param {string} passphrase */
  async function remove(passphrase) {
    const name = typed === wallet.name ? null : text('wallets.type_it');
    const staked = mayHave && !isStaked ? text('wallets.tick_it') : null;
    setFaults({ name, staked });
    if (name || staked)
      return;
    // Each try is another order: what it says may have changed.
    const proof = can('seal') ? await prove(passphrase) : undefined;
    await order(pathOf(wallet, ''), { name: typed, staked: isStaked },
      { method: 'DELETE', once: orderKey(), proof });
    say({ tone: 'good', words: text('wallets.deleted') });
    onClose();
  }

  return (
    <GuardedSheet title={titleOf('delete', wallet)}
      button={text('wallets.delete')} kind="danger" isSealed={can('seal')}
      onClose={onClose} onGo={remove} onFault={(error) => {
        if (error.field)
          setFaults({ [error.field]: errorText(error) });
        return Boolean(error.field);
      }}>
      <p>{text('wallets.delete_what')}</p>
      <dl class="pairs"><div><dt>{text('money.main')}</dt>
        <dd><Amount value={held} isExact /></dd></div></dl>
      <Stakes stakes={stakes} keys={[wallet.staking, wallet.kpl_staking]} />
      {mayHave && <Checkbox label={text('wallets.staked')} isOn={isStaked}
        error={faults.staked} onInput={setStaked} />}
      <Field label={text('wallets.type', { name: wallet.name })} value={typed}
        error={faults.name}
        onInput={(value) => { setTyped(value); setFaults({}); }} />
    </GuardedSheet>
  );
}

/**
 * What a key holds; null while it is not known.
 *
 * @param {string | undefined} key
 */
function useBalance(key) {
  const [held, setHeld] = useState(/** @type {string | null} */(null));
  useEffect(() => {
    if (key)
      rpc({ jsonrpc: '2.0', id: 1, method: 'getBalance', params: [key] }).then(
        ({ result }) => setHeld(String(result.value)), () => {});
  }, [key]);
  return held;
}
