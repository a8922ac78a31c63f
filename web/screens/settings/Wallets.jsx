import { useEffect, useState } from 'preact/hooks';
import { learnNames } from '../../core/names.js';
import { useAnswer } from '../../core/store.js';
import { text } from '../../core/text.js';
import { Badge } from '../../parts/Badge.jsx';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Key } from '../../parts/Key.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Stakes } from '../../parts/Stakes.jsx';
import { ChangePassphrase } from './ChangePassphrase.jsx';
import { AddWallet, DeleteWallet, ExportKey, ShowWords, UseWallet }
  from './WalletSheets.jsx';

/**
 * @typedef {{name: string, used: boolean, sealed: boolean, words: boolean,
 *            main?: string, staking?: string, kpl_staking?: string,
 *            error?: string}} Wallet
 * without keys where its files can't be read
 */

/** #/settings/wallets — which there are, and what is done with them. */
export default function Wallets() {
  const wallets = useAnswer('wallets');
  const [sheet, setSheet] = useState(
    /** @type {{Asks: any, wallet?: Wallet} | null} */(null));
  /** @type {Wallet[]} */
  const items = wallets.data?.items ?? [];
  useEffect(() => learnNames(items.flatMap(({ name, main }) =>
    main ? [[main, name]] : [])), [wallets.data]);

  function close() {
    setSheet(null);
    wallets.reload();
  }

  return (
    <>
      <Answered answer={wallets}>
        {(/** @type {any} */ data) => (
          <>
            {items.map((wallet) => <OneWallet key={wallet.name} wallet={wallet}
              data={data} onAsk={(Asks) => setSheet({ Asks, wallet })} />)}
            <div class="actions">
              <Button kind="primary" icon="add" acts
                onPress={() => setSheet({ Asks: AddWallet })}>
                {text('wallets.add')}</Button>
            </div>
            <ChangePassphrase data={data} onChanged={wallets.reload} />
          </>
        )}
      </Answered>
      {sheet && <sheet.Asks wallet={sheet.wallet} stakes={wallets.data?.stakes}
        onClose={close} />}
    </>
  );
}

/**
 * @param {{wallet: Wallet, data: any, onAsk: (Asks: any) => void}} props
 * data: the whole answer
 */
function OneWallet({ wallet, data, onAsk }) {
  const { name, used, sealed, words, main, staking, kpl_staking: kpl,
    error } = wallet;
  const keys = [['money.main', main], ['money.staking', staking],
    ['money.kpl', kpl]].filter(([, key]) => key);
  return (
    <Card title={<bdi>{name}</bdi>} actions={<>
      {used && <Badge tone="good">{text('settings.network_used')}</Badge>}
      {!sealed && !error && <Badge tone="warn">{text('wallets.plain')}</Badge>}
    </>}>
      {error && <p class="bad">{text('wallets.broken')}</p>}
      <dl class="pairs">
        {keys.map(([label, key]) => (
          <div key={label}><dt>{text(String(label))}</dt>
            <dd><Key value={String(key)} name="" hasCopy /></dd></div>
        ))}
      </dl>
      {main && <Stakes stakes={data.stakes} keys={[staking, kpl]} />}
      <div class="actions">
        {!used && !data.named && !error && (
          <Button icon="play" onPress={() => onAsk(UseWallet)}>
            {text('wallets.use')}</Button>)}
        {words && <Button icon="eye" onPress={() => onAsk(ShowWords)}>
          {text('wallets.words')}</Button>}
        {main && <Button icon="key" onPress={() => onAsk(ExportKey)}>
          {text('wallets.export')}</Button>}
        {!used && <Button kind="danger" onPress={() => onAsk(DeleteWallet)}>
          {text('wallets.delete')}</Button>}
      </div>
    </Card>
  );
}
