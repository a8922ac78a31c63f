import { useEffect, useState } from 'preact/hooks';
import { baseUnits, exactAmount } from '../core/amount.js';
import { order } from '../core/api.js';
import { can, networkKind, node } from '../core/node.js';
import { text } from '../core/text.js';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Copy } from '../parts/Copy.jsx';
import { Key } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { QrCode } from '../parts/QrCode.jsx';
import { Screen } from '../parts/Screen.jsx';

/** #/money/receive — the address that others send to. */
export default function Receive() {
  const { main, network } = node.value ?? {};
  return (
    <Screen title={text('receive.title')}
      answer={{ data: main }}>
      <div class="receive">
        <Card>
          <p>{text('receive.what')}</p>
          <p class="muted">{text(`network.${networkKind(network)}`)}</p>
          <div class="receive-address">
            <Key value={main} name={text('money.main')} isWhole />
            <Copy value={main} what={text('receive.address')} isWordy />
          </div>
          <Arrived />
          {can('faucet') && (
            <div class="actions">
              <Button icon="add" acts onPress={() => order('faucet', {},
                { isLong: true })}>
                {text('receive.faucet')}</Button>
            </div>
          )}
        </Card>
        <Card>
          <QrCode value={main} label={text('receive.address')} />
        </Card>
      </div>
    </Screen>
  );
}

/**
 * What came since the screen was opened.
 */
function Arrived() {
  const wallet = node.value?.figures?.wallet;
  const [before, setBefore] = useState(wallet);
  useEffect(() => {
    // What was sent away meanwhile does not count against what comes.
    if (before === undefined || baseUnits(wallet ?? 0) < baseUnits(before))
      setBefore(wallet);
  }, [wallet]);
  const come = baseUnits(wallet ?? 0) - baseUnits(before ?? 0);
  return (
    <div role="status">
      {before !== undefined && come > 0n
        ? <Notice tone="good"><p>{text('receive.arrived',
          { amount: exactAmount(come) })}</p></Notice>
        : <p class="muted">{text('receive.nothing')}</p>}
    </div>
  );
}
