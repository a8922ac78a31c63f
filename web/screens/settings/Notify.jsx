import { useState } from 'preact/hooks';
import { errorText, order } from '../../core/api.js';
import { canShow, isShowing, setShowing } from '../../core/shown.js';
import { useAnswer } from '../../core/store.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Checkbox } from '../../parts/Field.jsx';
import { Notice, say } from '../../parts/Notice.jsx';
import { Outside } from '../../parts/Outside.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { PlaceForm } from './PlaceForm.jsx';
import { usePlaces } from './places.js';

/**
 * @typedef {{url: string | null, unsent: number, trouble: string, gone: boolean,
 *            kinds: {kind: string, sent: boolean}[]}} Webhook
 */

/** #/settings/notify — who else is told what needs its operator. */
export default function Notify() {
  const webhook = useAnswer('notify', { everyMs: 5000 });
  const { answer, places } = usePlaces();

  async function test() {
    const { ms } = await order('notify/test');
    say({ tone: 'good', words: text('settings.notify_took', { n: ms }) });
  }

  function reload() {
    answer.reload();
    webhook.reload();
  }

  return (
    <>
      <Browser />
      <Answered answer={webhook}>
        {(/** @type {Webhook} */ told) => places && (
          <Card title={text('settings.notify_webhook')}>
            <p class="muted">{text('settings.notify_what')}</p>
            {told.url && <State {...told} />}
            <PlaceForm name="notify" places={places} onSaved={reload}
              fields={[{ name: 'webhook', label: text('settings.url'),
                hint: text('settings.url_whole') }]}>
              {told.url && <Button acts onPress={test}>
                {text('settings.test')}</Button>}
            </PlaceForm>
            {told.url && <Kinds kinds={told.kinds} onSaved={reload} />}
          </Card>
        )}
      </Answered>
    </>
  );
}

/** @param {Webhook} props */
function State({ unsent, trouble, gone }) {
  if (gone)
    return <Notice tone="warn"><p>{text('settings.notify_gone')}</p></Notice>;
  if (!trouble)
    return null;
  return (
    <Notice tone="warn">
      <p>{text('settings.notify_waits', { n: unsent })}{' '}
        <Outside words={trouble} /></p>
    </Notice>
  );
}

/**
 * Which kinds it gets: taken up at once.
 *
 * @param {{kinds: Webhook['kinds'], onSaved: () => void}} props
 */
function Kinds({ kinds, onSaved }) {
  const [mine, setMine] = useState(/** @type {Record<string, boolean>} */({}));
  const isOn = (/** @type {Webhook['kinds'][0]} */ { kind, sent }) =>
    mine[kind] ?? sent;

  /**
   * @param {string} changed
   * @param {boolean} wanted
   */
  async function change(changed, wanted) {
    const quiet = kinds.filter((one) =>
      one.kind === changed ? !wanted : !isOn(one)).map(({ kind }) => kind);
    setMine({ ...mine, [changed]: wanted });
    try {
      await order('places', { quiet: quiet.join(' ') || null },
        { method: 'PATCH' });
      onSaved();
    } catch (error) {
      setMine(mine);
      say({ tone: 'bad', words: errorText(error) });
    }
  }

  return (
    <fieldset>
      <legend>{text('settings.notify_kinds')}</legend>
      {kinds.map((one) => (
        <Checkbox key={one.kind} label={<code>{one.kind}</code>}
          isOn={isOn(one)} onInput={(wanted) => change(one.kind, wanted)} />
      ))}
    </fieldset>
  );
}

/** Red attention as the system shows it, while a tab of the page is open. */
function Browser() {
  const [isOn, setOn] = useState(isShowing());
  const [isRefused, setRefused] = useState(false);
  if (!canShow())
    return null;

  /** @param {boolean} wanted */
  async function change(wanted) {
    const isAllowed = await setShowing(wanted);
    setOn(wanted && isAllowed);
    setRefused(wanted && !isAllowed);
  }

  return (
    <Card title={text('settings.notify_browser')}>
      <Checkbox label={text('settings.notify_red')} isOn={isOn} onInput={change}
        hint={text('settings.notify_open')}
        error={isRefused ? text('settings.notify_refused') : null} />
    </Card>
  );
}
