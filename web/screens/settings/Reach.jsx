import { order } from '../../core/api.js';
import { useAnswer } from '../../core/store.js';
import { pieces, text } from '../../core/text.js';
import { Badge } from '../../parts/Badge.jsx';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { say } from '../../parts/Notice.jsx';
import { Outside } from '../../parts/Outside.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Time } from '../../parts/Time.jsx';
import { PlaceForm } from './PlaceForm.jsx';
import { usePlaces } from './places.js';

const REFRESH_MS = 10000;

/**
 * @typedef {{port: number, public_url: string, guessed: boolean, peers: number,
 *            seen: {from: string, at: number} | null, tested: {reached: boolean,
 *            by: string | null, asked: number, at: number} | null}} Reached
 */

/** #/settings/reach — how other nodes reach this one. */
export default function Reach() {
  const reach = useAnswer('reach', { everyMs: REFRESH_MS });
  const { answer, places } = usePlaces();

  async function test() {
    const told = await order('reach/test');
    reach.reload();
    say(told.tested.reached
      ? { tone: 'good', words: text('settings.reach_reached') }
      : { tone: 'warn', words: text('settings.reach_unreached') });
  }

  return (
    <>
      <p class="muted">{text('settings.reach_what')}</p>
      <Answered answer={reach}>
        {(/** @type {Reached} */ told) => (
          <Card>
            <dl class="pairs">
              <Pair name="address"><code>{told.public_url}</code>
                {told.guessed && <> <Badge tone="warn" icon="warn">
                  {text('settings.reach_guessed')}</Badge></>}</Pair>
              <Pair name="tested"><Tested tested={told.tested} /></Pair>
              <Pair name="seen">{told.seen
                ? <><Outside words={told.seen.from} />,{' '}
                  <Time at={told.seen.at} /></>
                : text('settings.reach_nobody')}</Pair>
            </dl>
            <div class="actions">
              <Button acts onPress={test}>{text('settings.test')}</Button>
            </div>
          </Card>
        )}
      </Answered>
      <Answered answer={answer}>
        {() => places && (
          <Card title={text('settings.reach_change')}>
            <PlaceForm name="reach" places={places} onSaved={answer.reload}
              fields={[
                { name: 'public-url', label: text('settings.reach_url'),
                  hint: text('settings.reach_url_hint') },
                { name: 'port', label: text('settings.reach_port'), max: 65535,
                  hint: text('settings.reach_port_hint') }]} />
          </Card>
        )}
      </Answered>
    </>
  );
}

/** @param {{name: string, children: any}} props */
function Pair({ name, children }) {
  return <div><dt>{text(`settings.reach_${name}`)}</dt><dd>{children}</dd></div>;
}

/** @param {{tested: Reached['tested']}} props */
function Tested({ tested }) {
  if (!tested)
    return <>{text('settings.reach_untested')}</>;
  const { reached, by, asked, at } = tested;
  return (
    <>
      <Badge tone={reached ? 'good' : 'bad'} icon={reached ? 'check' : 'cross'}>
        {text(reached ? 'explorer.yes' : 'explorer.no')}</Badge>{' '}
      {pieces('settings.reach_by', { by: by ? <Outside words={by} />
        : text('settings.reach_nodes', { n: asked }), time: <Time at={at} /> })}
    </>
  );
}
