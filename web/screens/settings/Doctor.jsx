import { useEffect } from 'preact/hooks';
import { order } from '../../core/api.js';
import { plain, sentence } from '../../core/plain.js';
import { useTopic } from '../../core/store.js';
import { text } from '../../core/text.js';
import { Badge } from '../../parts/Badge.jsx';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { say } from '../../parts/Notice.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Time } from '../../parts/Time.jsx';
import { ReportCard } from './ReportCard.jsx';

/** How much a check says: the worst stands on top. */
const LEVELS = /** @type {const} */({
  bad: { tone: 'bad', icon: 'cross' },
  warning: { tone: 'warn', icon: 'warn' },
  good: { tone: 'good', icon: 'check' },
});

/**
 * @typedef {{id: string, level: keyof typeof LEVELS, text: string,
 *            fix?: string}} Check
 */

/** #/settings/doctor — can this machine and this node run tasks? */
export default function Doctor() {
  const topic = useTopic('doctor');
  const { state, doing, at, error, items } = topic.data ?? {};
  const look = () => order('doctor').then(() => {}, (failed) => {
    if (failed?.code !== 'busy')
      throw failed;
  });

  useEffect(() => {
    if (state === 'none')
      look().catch(() => {}); // what fails here, the button meets, too
    if (state === 'failed')
      say({ tone: 'bad', words: sentence(error) });
  }, [state]);

  return (
    <>
      <Card title={text('settings.doctor_checks')} actions={
        <Button icon="restart" acts isOff={state === 'running'} onPress={look}>
          {text('settings.doctor_again')}</Button>}>
        <p class="small muted" role="status">{state === 'running'
          ? text('settings.doctor_doing', { what: plain(doing ?? '') })
          : at && <Time at={at} />}</p>
        <Answered answer={{ ...topic, data: items }}>
          {items && <Checks items={items} />}
        </Answered>
      </Card>
      <ReportCard />
    </>
  );
}

/** @param {{items: Check[]}} props */
function Checks({ items }) {
  const poor = items.filter(({ level }) => level !== 'good')
    .sort((a, b) => Number(b.level === 'bad') - Number(a.level === 'bad'));
  const good = items.filter(({ level }) => level === 'good');
  return (
    <>
      {poor.length > 0 && <List items={poor} />}
      <details open={!poor.length}>
        <summary>{text('settings.doctor_good', { n: good.length })}</summary>
        <List items={good} />
      </details>
    </>
  );
}

/** @param {{items: Check[]}} props */
function List({ items }) {
  return (
    <ul class="rows">
      {items.map((item) => {
        const { tone, icon } = LEVELS[item.level] ?? LEVELS.warning;
        return (
          <li key={item.id}>
            <div>
              <Badge tone={tone} icon={icon}>
                {text(`settings.doctor_level_${item.level}`)}</Badge>{' '}
              <code>{item.id}</code>
              <p class="outside">{sentence(item.text)}</p>
              {item.fix && <p>{text('settings.doctor_fix')}{' '}
                <bdi class="outside">{sentence(item.fix)}</bdi></p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
