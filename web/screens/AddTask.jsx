import { useState } from 'preact/hooks';
import { KOII_DECIMALS, sumOf } from '../core/amount.js';
import { roundsLeft } from '../core/catalog.js';
import { node } from '../core/node.js';
import { plain } from '../core/plain.js';
import { useAnswer, useTopic } from '../core/store.js';
import { number, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Icon } from '../parts/Icon.jsx';
import { Key, shortKey } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { Terms } from '../parts/Terms.jsx';
import { TextView } from '../parts/TextView.jsx';
import { StartSheet } from './StartSheet.jsx';

/** @typedef {import('../core/catalog.js').CatalogTask} CatalogTask */
/** @typedef {import('../core/catalog.js').Need} Need */

/**
 * #/add/ID — what a task asks and pays, before it is started.
 *
 * @param {import('../core/router.js').Route} props
 */
export default function AddTask({ params }) {
  const id = params.task;
  const terms = useAnswer(`catalog/${id}`);
  const stored = useAnswer(`catalog/${id}/metadata`);
  const isHere = Boolean(useTopic('tasks').data?.[id]);
  const [isStarting, setStarting] = useState(false);
  const task = /** @type {CatalogTask | undefined} */(terms.data);
  const name = task ? plain(task.name, { max: 64 }) : '';
  return (
    <Screen title={`${text('add.title')} · ${name} ${shortKey(id)}`}
      head={<TaskName task={id} name={task?.name} />} answer={terms}
      actions={isHere && <LinkButton href={`#/tasks/${id}`} icon="node">
        {text('add.open_here')}</LinkButton>}>
      {task && (
        <>
          <Warnings task={task} />
          <p class="outside add-what">{plain(stored.data?.metadata?.description ??
            task.description, { max: 4096, lines: true })}</p>
          <div class="task-cards">
            <Card title={text('add.terms')} actions={!isHere && task.active && (
              <Button kind="primary" icon="play" acts
                onPress={() => setStarting(true)}>{text('add.check')}</Button>)}>
              <Terms task={task} />
            </Card>
            <div class="task-column">
              <Needs answer={stored} />
              <Creator task={task} />
            </div>
          </div>
          <Source task={task} />
          {isStarting && <StartSheet task={task}
            needs={stored.data?.needs ?? []}
            onClose={() => setStarting(false)} />}
        </>
      )}
    </Screen>
  );
}

/** @param {{task: CatalogTask}} props */
function Warnings({ task }) {
  const left = roundsLeft(task);
  return (
    <>
      {task.migrated_to && <Notice tone="warn" actions={
        <LinkButton href={`#/add/${task.migrated_to}`}>
          {text('add.newer')}</LinkButton>}>
        <p>{text('reason.migrated')}</p></Notice>}
      {!task.active && !task.migrated_to && <Notice tone="warn">
        <p>{text('reason.inactive')}</p></Notice>}
      {task.active && left === 0n && <Notice tone="warn">
        <p>{text('reason.bounty_empty')}</p></Notice>}
      {!task.allowlisted && node.value?.network === 'mainnet' &&
        <Notice tone="warn"><p>{text('add.not_listed')}</p></Notice>}
    </>
  );
}

/** @param {{answer: ReturnType<typeof useAnswer>}} props */
function Needs({ answer }) {
  return (
    <Card title={text('add.needs')}>
      <Answered answer={answer} lines={2}>
        {(/** @type {{needs: Need[]}} */ { needs }) => needs.length ? (
          <ul class="rows">
            {needs.map((need) => (
              <li key={need.type + need.name}>
                <span class={need.ok === false ? 'bad' : need.ok ? 'good' : ''}>
                  {need.ok !== undefined &&
                    <Icon name={need.ok ? 'check' : 'warn'} />}
                </span>
                <span class="add-need outside">{needText(need)}</span>
              </li>
            ))}
          </ul>
        ) : <p>{text('add.needs_nothing')}</p>}
      </Answered>
    </Card>
  );
}

/** @param {Need} need */
function needText({ kind, type, name, ok }) {
  const values = { name: plain(name), type: plain(type) };
  if (kind === 'variable')
    return text(ok ? 'add.need_variable_ok' : 'add.need_variable', values);
  if (kind === 'addon' && ok === false)
    return text('reason.addon');
  if (kind === 'addon' && name === 'REQUIRE_INTERNET')
    return text('reason.unreachable');
  return text('add.need_other', values);
}

/** @param {{task: CatalogTask}} props */
function Creator({ task }) {
  const made = useAnswer('catalog').data?.items?.filter((/** @type {any} */ row) =>
    row.creator === task.creator).length;
  const form = { unit: task.token, decimals: task.token ? 0 : KOII_DECIMALS };
  return (
    <Card title={text('add.creator')}>
      <dl class="pairs">
        <div><dt>{text('add.key')}</dt><dd>{task.creator
          ? <Key value={task.creator} hasCopy /> : text('amount.unknown')}</dd></div>
        {made > 0 && <div><dt>{text('add.made')}</dt><dd>{number(made)}</dd></div>}
        <div><dt>{text('add.staked_in_all')}</dt>
          <dd><Amount value={task.total_stake} {...form} /></dd></div>
        <div><dt>{text('add.bounty')}</dt>
          <dd><Amount value={sumOf([task.bounty])} {...form} /></dd></div>
      </dl>
    </Card>
  );
}

/** @param {{task: CatalogTask}} props */
function Source({ task }) {
  const [isShown, setShown] = useState(false);
  const answer = useAnswer(isShown ? `catalog/${task.task}/source` : null);
  return (
    <Card title={text('add.source')} actions={!isShown && (
      <Button icon="eye" onPress={() => setShown(true)}>
        {text('add.read')}</Button>)}>
      <p><Cid value={plain(task.code)} /></p>
      {isShown && (
        <Answered answer={answer}>
          {(/** @type {any} */ { text: words, bytes, cut }) => (
            <>
              <p class="muted">{text('add.bytes', { n: bytes })}</p>
              <TextView label={text('add.source')} words={words} isCut={cut} />
            </>
          )}
        </Answered>
      )}
    </Card>
  );
}
