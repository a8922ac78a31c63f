import { useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { useDraft } from '../../core/drafts.js';
import { intlLanguage, text } from '../../core/text.js';
import { now } from '../../core/time.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Checkbox, Field, FieldError } from '../../parts/Field.jsx';
import { say } from '../../parts/Notice.jsx';
import { Sheet } from '../../parts/Sheet.jsx';
import { useForm } from './useForm.js';

/**
 * @typedef {{id?: string, task?: string | null, enabled: boolean,
 *            days: string[], start: string, stop: string | null}} Session
 * @typedef {{items: Session[], zone: string, offset_min: number}} Schedules
 */

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** A Monday. */
const FIRST_DAY_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 24 * 3600 * 1000;
const MINUTE_MS = 60 * 1000;

/** @param {number} day from Monday on */
function dayName(day) {
  return new Intl.DateTimeFormat(intlLanguage(), { weekday: 'short',
    timeZone: 'UTC' }).format(FIRST_DAY_MS + day * DAY_MS);
}

/** @param {string} time HH:MM:SS */
const short = (time) => time.replace(/:00$/, '');

/** @param {Session} session */
function hoursText({ days, start, stop }) {
  const named = days.length === DAYS.length ? text('hours.daily')
    : DAYS.flatMap((day, at) => days.includes(day) ? [dayName(at)] : []).join(', ');
  const span = `${short(start)}–${stop ? short(stop) : '24:00'}`;
  return text(stop && stop < start ? 'hours.overnight' : 'hours.span',
    { days: named, span });
}

/** @param {Session} session */
const onOff = ({ enabled }) => enabled ? 'hours.off' : 'hours.on';

/**
 * Whose clock all times are of, and what it shows.
 *
 * @param {{schedules: Schedules}} props
 */
export function HoursClock({ schedules: { zone, offset_min: offset } }) {
  const time = new Date(now.value + offset * MINUTE_MS).toISOString().slice(11, 16);
  return <p class="muted">{text('hours.clock', { time, zone })}</p>;
}

/**
 * The hours of all tasks, or those of one.
 *
 * @param {{title: any, task: string | null, schedules: Schedules,
 *          onChange: () => void}} props
 */
export function Hours({ title, task, schedules, onChange }) {
  const [asked, setAsked] = useState(/** @type {Session | null} */(null));
  const own = schedules.items.filter((one) => (one.task ?? null) === task);

  /**
   * @param {Session} session
   * @param {'PUT' | 'DELETE'} method
   */
  async function change(session, method) {
    const { days, start, stop, enabled } = session;
    await order(`schedules/${session.id}`, method === 'PUT'
      ? { days, start, stop, enabled } : {}, { method });
    say({ tone: 'good', words: text('settings.saved') });
    onChange();
  }

  return (
    <Card title={title} actions={
      <Button icon="add" onPress={() => setAsked(
        { task, enabled: true, days: [], start: '', stop: '' })}>
        {text('hours.add')}</Button>}>
      {own.length ? (
        <ul class="rows">
          {own.map((one) => {
            const words = hoursText(one);
            return (
              <li key={one.id}>
                <p class={one.enabled ? '' : 'muted'}>{words}</p>
                <div class="actions">
                  <Button kind="quiet" acts label={`${text(onOff(one))}: ${words}`}
                    onPress={() => change({ ...one, enabled: !one.enabled }, 'PUT')}>
                    {text(onOff(one))}</Button>
                  <Button kind="quiet" label={`${text('attention.change')}: ${words}`}
                    onPress={() => setAsked(one)}>
                    {text('attention.change')}</Button>
                  <Button kind="quiet" acts
                    label={`${text('settings.remove')}: ${words}`}
                    onPress={() => change(one, 'DELETE')}>
                    {text('settings.remove')}</Button>
                </div>
              </li>
            );
          })}
        </ul>
      ) : task
        ? <p><a href="#/settings/schedules">{text('hours.none_own')}</a></p>
        : <p class="muted">{text('hours.none')}</p>}
      {asked && <HoursSheet session={asked} onClose={() => setAsked(null)}
        onDone={onChange} />}
    </Card>
  );
}

/**
 * @param {{session: Session, onClose: () => void, onDone: () => void}} props
 */
function HoursSheet({ session, onClose, onDone }) {
  const { draft, clear } = useDraft(`hours-${session.id ?? session.task}`,
    { days: session.days, start: short(session.start),
      stop: short(session.stop ?? '') });
  const { faults, form, save } = useForm();
  const { days, start, stop } = draft.value;
  const set = (/** @type {Partial<typeof draft.value>} */ part) => {
    draft.value = { ...draft.value, ...part };
  };

  const send = () => save({
    days: days.length ? null : text('field.needed'),
    start: start ? null : text('field.needed'),
    stop: stop && stop === start ? text('hours.stop_same') : null,
  }, async () => {
    await order(session.id ? `schedules/${session.id}` : 'schedules',
      { days, start, ...stop && { stop }, enabled: session.enabled,
        ...session.task && { task: session.task } },
      { method: session.id ? 'PUT' : 'POST' });
    clear();
    onDone();
    onClose();
  });

  return (
    <Sheet title={text(session.id ? 'hours.change' : 'hours.add')}
      onClose={onClose} onEnter={send} actions={
        <Button kind="primary" acts onPress={send}>
          {text('settings.save')}</Button>}>
      <div class="form" ref={form}>
        <fieldset class="field">
          <legend>{text('hours.days')}</legend>
          <div class="filters">
            {DAYS.map((day, at) => (
              <Checkbox key={day} label={dayName(at)} isOn={days.includes(day)}
                errorId={!at && faults.days ? 'hours-days' : undefined}
                onInput={(isOn) => set({ days: isOn ? [...days, day]
                  : days.filter((other) => other !== day) })} />
            ))}
          </div>
          {faults.days && <FieldError id="hours-days">{faults.days}</FieldError>}
        </fieldset>
        <Field label={text('hours.start')} type="time" value={start} isRequired
          error={faults.start} onInput={(value) => set({ start: value })} />
        <Field label={text('hours.stop')} type="time" value={stop}
          hint={text('hours.stop_what')} error={faults.stop}
          onInput={(value) => set({ stop: value })} />
      </div>
    </Sheet>
  );
}
