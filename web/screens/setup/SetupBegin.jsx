import { networkKind, node } from '../../core/node.js';
import { setup, stepTo } from '../../core/setup.js';
import { pieces, text } from '../../core/text.js';
import { Amount } from '../../parts/Amount.jsx';
import { Button } from '../../parts/Button.jsx';
import { Notice } from '../../parts/Notice.jsx';
import { Screen } from '../../parts/Screen.jsx';

/** Step 1: what comes, and on which network. */
export function SetupBegin() {
  const kind = networkKind(node.value?.network);
  const isMade = !setup.value?.waits;
  return (
    <Screen title={text('setup.title')}>
      <div class="narrow form">
        <p>{text('setup.what')}</p>
        {isMade && (
          <Notice tone="good"><p>{pieces('setup.made', {
            amount: <Amount value={node.value?.figures?.wallet} />,
          })}</p></Notice>)}
        {node.value && (
          <Notice tone={kind === 'main' ? 'warn' : 'info'}>
            <p>{text(`setup.network_${kind}`)}</p></Notice>)}
        <div class="actions">
          <Button kind="primary" acts
            onPress={() => stepTo(isMade ? '7' : '2')}>
            {text('setup.begin')}</Button>
        </div>
      </div>
    </Screen>
  );
}
