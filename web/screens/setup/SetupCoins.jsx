import { useEffect, useState } from 'preact/hooks';
import { baseUnits, exactAmount } from '../../core/amount.js';
import { order } from '../../core/api.js';
import { can, node } from '../../core/node.js';
import { stepTo } from '../../core/setup.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Copy } from '../../parts/Copy.jsx';
import { Key } from '../../parts/Key.jsx';
import { Notice } from '../../parts/Notice.jsx';
import { QrCode } from '../../parts/QrCode.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { Shapes } from '../../parts/Shapes.jsx';

/** Step 6: coins for fees and a stake. */
export function SetupCoins() {
  const { main, figures } = node.value ?? {};
  const has = baseUnits(figures?.wallet ?? '0');
  return (
    <Screen title={text('setup.coins')}>
      <p>{text('setup.coins_what')}</p>
      {main ? (
        <div class="receive">
          <Card>
            <div class="receive-address">
              <Key value={main} isWhole />
              <Copy value={main} what={text('receive.address')} isWordy />
            </div>
            <Arrived />
            <div class="actions">
              {has > 0n && <Button kind="primary" acts
                onPress={() => stepTo('7')}>{text('setup.next')}</Button>}
              {can('faucet') && (
                <Button kind={has > 0n ? 'plain' : 'primary'} icon="add" acts
                  onPress={() => order('faucet', {}, { isLong: true })}>
                  {text('receive.faucet')}</Button>)}
              <Button kind="quiet" acts onPress={() => stepTo('done')}>
                {text('setup.look_around')}</Button>
            </div>
          </Card>
          <Card>
            <QrCode value={main} label={text('receive.address')} />
          </Card>
        </div>
      ) : <Shapes />}
    </Screen>
  );
}

/** What came since the screen was opened; before that, what is there. */
function Arrived() {
  const wallet = node.value?.figures?.wallet;
  const [before, setBefore] = useState(wallet);
  useEffect(() => {
    if (before === undefined)
      setBefore(wallet);
  }, [wallet]);
  const come = baseUnits(wallet ?? '0') - baseUnits(before ?? '0');
  const there = baseUnits(before ?? '0');
  return (
    <div role="status">
      {come > 0n || there > 0n
        ? <Notice tone="good"><p>{come > 0n
          ? text('receive.arrived', { amount: exactAmount(come) })
          : text('setup.there', { amount: exactAmount(there) })}</p></Notice>
        : <p class="muted">{text('setup.nothing_yet')}</p>}
    </div>
  );
}
