import { useEffect, useState } from 'preact/hooks';
import { exactAmount } from '../core/amount.js';
import { ApiError, errorText, get } from '../core/api.js';
import { connection, slot } from '../core/live.js';
import { formOf, useTokens } from '../core/money.js';
import { sentence } from '../core/plain.js';
import { text } from '../core/text.js';
import { duration } from '../core/time.js';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Key } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Shapes } from '../parts/Shapes.jsx';
import { SignatureLink } from '../parts/SignatureLink.jsx';
import { Steps } from '../parts/Steps.jsx';

const LOOK_MS = 400;
const LOOK_AWAY_MS = 2000;
const TOKENS_MS = 60000;

/**
 * @typedef {{state: 'running' | 'done' | 'failed', sent: boolean, to: string,
 *            amount: string, unit?: string, signature?: string, slot?: number,
 *            error?: string}} State
 */

/**
 * What becomes of a transfer that was ordered, until it is final. The node does
 * not know it: it never came there, and nothing was sent.
 *
 * @param {{draft: import('./Send.jsx').Draft, onNew: () => void,
 *          onBack: () => void}} props
 */
export function SendProgress({ draft, onNew, onBack }) {
  const { state, isUnknown, fault } = useTransfer(draft.once);
  const tokens = useTokens(TOKENS_MS);

  if (isUnknown)
    return (
      <Notice tone="warn" isUrgent actions={
        <Button onPress={onBack}>{text('send.back')}</Button>}>
        <p>{text('send.unknown')}</p>
      </Notice>
    );
  if (!state)
    return <>
      {fault && <Notice tone="warn"><p>{fault}</p></Notice>}
      <Shapes lines={3} /></>;
  const { unit, decimals } = formOf(state.unit, tokens);
  const at = state.state === 'done' ? 2 : state.sent ? 1 : 0;
  return (
    <div class="narrow">
      <Card>
        <p class="review-sum" role="status">{headOf(state)}</p>
        <Steps label={text('send.steps')} at={at}
          isFailed={state.state === 'failed'}
          steps={[text('send.step_sent'), text('send.step_final')]} />
        <dl class="review">
          <div>
            <dt>{text('send.amount')}</dt>
            <dd>{exactAmount(state.amount, decimals)}{' '}
              {unit ? <Key value={unit} isPlain /> : text('amount.koii')}</dd>
          </div>
          <div>
            <dt>{text('send.to')}</dt>
            <dd><Key value={state.to} hasCopy /></dd>
          </div>
          {state.signature && (
            <div>
              <dt>{text('book.transaction')}</dt>
              <dd><SignatureLink value={state.signature} /></dd>
            </div>
          )}
        </dl>
        {state.state === 'failed' && (
          <Notice tone="bad" isUrgent actions={
            <Button onPress={onBack}>{text('send.back')}</Button>}>
            <p>{text('send.failed')}</p>
            {state.error && <p class="small outside">{sentence(state.error)}</p>}
          </Notice>
        )}
        {fault && <Notice tone="warn"><p>{fault}</p></Notice>}
        {state.state === 'done' && (
          <div class="actions">
            <LinkButton kind="primary" href="#/money">
              {text('send.done')}</LinkButton>
            <Button onPress={onNew}>{text('send.another')}</Button>
          </div>
        )}
      </Card>
    </div>
  );
}

/** @param {State} state */
function headOf(state) {
  if (state.state === 'done')
    return text('send.is_final');
  if (state.state === 'failed')
    return text('send.is_failed');
  if (!state.sent)
    return text('send.is_signing');
  // As many slots as what is final lies behind, and one to be taken into.
  const { slot: newest, final, slotMs } = slot.value;
  const ms = Math.max((newest - final + 1) * slotMs, 1000);
  return text('send.is_sent', { time: duration(ms) });
}

/**
 * Asks until it has ended.
 *
 * @param {string} once
 */
function useTransfer(once) {
  const [answer, setAnswer] = useState({
    state: /** @type {State | null} */(null), isUnknown: false,
    fault: /** @type {string | null} */(null) });
  const isConnected = connection.value.state === 'connected';
  useEffect(() => {
    let isWanted = true;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    async function look() {
      let pause = LOOK_MS;
      try {
        const state = await get(`transfers/${once}`);
        if (!isWanted)
          return;
        setAnswer({ state, isUnknown: false, fault: null });
        if (state.state !== 'running')
          return;
      } catch (error) {
        if (!isWanted)
          return;
        if (error instanceof ApiError && error.code === 'not_found') {
          setAnswer({ state: null, isUnknown: true, fault: null });
          return;
        }
        setAnswer((before) => ({ ...before, fault: errorText(error) }));
        pause = LOOK_AWAY_MS;
      }
      timer = setTimeout(look, pause);
    }
    look();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [once, isConnected]);
  return answer;
}
