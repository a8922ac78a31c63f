import { useEffect, useState } from 'preact/hooks';
import { baseUnits, formatAmount, KOII_DECIMALS } from '../core/amount.js';
import { order } from '../core/api.js';
import { useDraft } from '../core/drafts.js';
import { can } from '../core/node.js';
import { plain, sentence } from '../core/plain.js';
import { text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { shortKey } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Terms } from '../parts/Terms.jsx';
import { DeployProgress, DeploySheet } from './CreateDeploy.jsx';
import { Simulate } from './CreateSimulate.jsx';

/**
 * As POST create/check answers; terms and cost are there without problems.
 *
 * @typedef {{folder: string, problems: {line: number | null,
 *              field: string | null, text: string, source: string}[],
 *            terms?: any, cost?: Record<'rent' | 'bounty' | 'pot' | 'fees' |
 *              'sum' | 'never_back', string>, balance?: string,
 *            tokens_suffice?: boolean, unknown?: string,
 *            update?: {task: string, name?: string, nodes?: number,
 *              staked?: string, bounty?: string, decimals?: number,
 *              token?: string}}} Check
 */

/**
 * A task's folder: what is wrong with it, its terms, its cost.
 *
 * @param {{folder: string, task: string}} props
 */
export function CreateCheck({ folder, task }) {
  const answer = useCheck(folder, task);
  const { draft, clear } = useDraft(`deploy ${task} ${folder}`, { once: '' });
  const [isAsked, setAsked] = useState(false);
  const [isLeft, setLeft] = useState(false);
  const { data } = answer;
  const name = plain(data?.terms?.name, { max: 64 });
  const { once } = draft.value;
  return (
    <Screen title={name ? text('deploy.check_title', { name }) : text('create.new')}
      lead={<code>{plain(folder, { max: 512 })}</code>} answer={answer}
      actions={(!once || isLeft) && <Button icon="restart" acts onPress={answer.reload}>
        {text('deploy.again')}</Button>}>
      {once && !isAsked && !isLeft
        ? <DeployProgress kind={task ? 'update' : 'deploy'} once={once} name={name}
          onAgain={() => setAsked(true)} onBack={() => setLeft(true)}
          onOver={clear} />
        : data?.terms
          ? <Offer check={data} onDeploy={() => setAsked(true)} />
          : data && <Problems problems={data.problems} />}
      {isAsked && data?.terms && <DeploySheet check={data} task={task} once={once}
        onTry={(key) => { draft.value = { once: key }; setLeft(false); }}
        onClose={() => setAsked(false)} />}
    </Screen>
  );
}

/**
 * Checked again when the window is looked at again: a file was mended meanwhile.
 *
 * @param {string} folder
 * @param {string} task
 */
function useCheck(folder, task) {
  const [answer, setAnswer] = useState({
    data: /** @type {Check | undefined} */(undefined),
    error: /** @type {unknown} */(null) });

  function reload() {
    return order('create/check', { folder, ...(task && { task }) },
      { isLong: true }).then(
      (data) => setAnswer({ data, error: null }),
      (error) => setAnswer(({ data }) => ({ data, error })));
  }

  useEffect(() => {
    reload();
    addEventListener('focus', reload);
    return () => removeEventListener('focus', reload);
  }, []);
  return { ...answer, reload };
}

/** @param {{problems: Check['problems']}} props */
function Problems({ problems }) {
  return (
    <Card title={text('deploy.mistakes', { n: problems.length })}>
      <ul class="rows">
        {problems.map(({ line, text: words, source }) => (
          <li key={words}>
            <strong class="bad">{line ? text('deploy.line', { n: line })
              : text('deploy.no_line')}</strong>
            <div class="add-need">
              {source && <p><code class="outside">{plain(source)}</code></p>}
              <p class="outside">{sentence(words)}</p>
            </div>
          </li>
        ))}
      </ul>
      <p class="muted">{text('deploy.mend')}</p>
    </Card>
  );
}

/** @param {{check: Check, onDeploy: () => void}} props */
function Offer({ check, onDeploy }) {
  const { cost, balance, update } = check;
  const sum = baseUnits(cost?.sum ?? '0');
  const lacks = balance === undefined ? 0n : sum - baseUnits(balance);
  const isOpen = balance !== undefined && lacks <= 0n &&
    check.tokens_suffice !== false;
  return (
    <>
      {check.unknown && <Notice tone="warn">
        <p class="outside">{sentence(check.unknown)}</p></Notice>}
      {lacks > 0n && <Notice tone="warn" actions={
        <LinkButton href="#/money/receive">{text('attention.coins')}</LinkButton>}>
        <p>{text('deploy.lacks', { sum: formatAmount(lacks) })}</p></Notice>}
      {check.tokens_suffice === false && <Notice tone="warn">
        <p>{text('deploy.lacks_tokens')}</p></Notice>}
      {update && <Notice tone={update.nodes ? 'warn' : 'info'}><p>{text(
        update.nodes ? 'deploy.moves' : 'deploy.moves_none', {
          name: plain(update.name, { max: 64 }), n: update.nodes ?? 0,
          staked: sumText(update, 'staked'), bounty: sumText(update, 'bounty') })}
      </p></Notice>}
      <div class="task-cards">
        <Card title={text('deploy.terms')}>
          <Terms task={taskOf(check)} decimals={KOII_DECIMALS} />
        </Card>
        <Card title={text('deploy.cost')} actions={isOpen && (
          <Button kind="primary" icon="create" acts onPress={onDeploy}>
            {text(`deploy.${update ? 'update' : 'deploy'}_for`,
              { sum: formatAmount(sum) })}</Button>)}>
          <Cost check={check} />
        </Card>
      </div>
      {can('simulate') && <Simulate folder={check.folder} />}
    </>
  );
}

/**
 * @param {NonNullable<Check['update']>} update
 * @param {'staked' | 'bounty'} name
 */
function sumText(update, name) {
  const { decimals = KOII_DECIMALS, token } = update;
  return `${formatAmount(update[name] ?? '0', { decimals })} ${
    token ? shortKey(token) : text('amount.koii')}`;
}

/**
 * What it costs, by its parts, and what is left.
 *
 * @param {{check: Check}} props
 */
export function Cost({ check: { cost, terms, balance } }) {
  const parts = /** @type {const} */(['rent', 'bounty', 'pot', 'fees', 'sum']);
  return (
    <>
      <dl class="pairs">
        {parts.map((part) => cost?.[part] !== undefined && cost[part] !== '0' && (
          <div key={part}><dt>{text(`deploy.${part}`)}</dt>
            <dd><Amount value={cost[part]} isExact /></dd></div>))}
        {terms.token && terms.bounty && <div><dt>{text('deploy.bounty')}</dt>
          <dd><Amount value={terms.bounty} unit={terms.token}
            decimals={KOII_DECIMALS} isExact /></dd></div>}
        {balance !== undefined && cost && <div><dt>{text('create.left')}</dt>
          <dd><Amount value={baseUnits(balance) - baseUnits(cost.sum)} isExact />
          </dd></div>}
      </dl>
      <p>{text('deploy.never')}</p>
    </>
  );
}

/**
 * As the catalog would have it.
 *
 * @param {Check} check
 * @returns {any}
 */
function taskOf({ terms, update }) {
  return { ...terms, token: terms.token ?? null, bounty: terms.bounty ?? update?.bounty ?? '0' };
}
