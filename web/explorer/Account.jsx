import { isKey } from '../core/base58.js';
import { text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Key } from '../parts/Key.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { TextView } from '../parts/TextView.jsx';
import { ask } from './ask.js';
import { useChain } from './chain.js';
import { programName } from './names.js';
import { Facts, History } from './parts.jsx';
import { isTaskAccount } from './tasks.js';

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

/**
 * #/explorer/account/KEY — what an address holds, and what names it.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function Account({ params }) {
  const { key } = params;
  const isOne = isKey(key);
  const answer = useChain(() => isOne ? readAccount(key)
    : Promise.resolve({ account: null, tokens: [] }), [key], { everyMs: 5000 });
  const name = programName(key);
  const isTask = isTaskAccount(answer.data?.account);
  return (
    <Screen title={text('explorer.account')}
      lead={isOne ? <Key value={key} name={name ?? undefined} isWhole hasCopy />
        : <Outside words={key} max={128} />}
      actions={isTask && <LinkButton href={`#/explorer/task/${key}`}>
        {text('explorer.see_task')}</LinkButton>}>
      {isOne ? (
        <>
          <Card><Answered answer={answer}>
            {answer.data?.account ? <Shown {...answer.data} />
              : <Empty>{text('explorer.no_account')}</Empty>}
          </Answered></Card>
          <Card title={text('explorer.history')}><History address={key} /></Card>
        </>
      ) : <Empty>{text('explorer.no_key')}</Empty>}
    </Screen>
  );
}

/** @param {string} key */
async function readAccount(key) {
  const commitment = 'confirmed';
  const [found, tokens] = await Promise.all([
    ask('getAccountInfo', [key, { encoding: 'jsonParsed', commitment }]),
    ask('getTokenAccountsByOwner', [key, { programId: TOKEN_PROGRAM },
      { encoding: 'jsonParsed', commitment }]).catch(() => null)]);
  return { account: found?.value ?? null, tokens: tokens?.value ?? [] };
}

/** @param {{account: any, tokens: any[]}} props */
function Shown({ account, tokens }) {
  const { data, lamports, owner, space, executable } = account;
  return (
    <>
      <Facts rows={[
        [text('explorer.balance'), <Amount value={lamports} />],
        [text('explorer.owner'), <Key value={owner} />],
        [text('explorer.space'), space !== undefined &&
          text('explorer.bytes', { n: Number(space) })],
        [text('explorer.kind'), executable ? text('explorer.program')
          : data?.parsed?.type && text('explorer.parsed_kind',
            { program: String(data.program), type: String(data.parsed.type) })],
        ...tokens.map(tokenFact),
      ]} />
      {data?.parsed && data.parsed.type !== 'task'
        ? <TextView label={text('explorer.data')}
          words={JSON.stringify(data.parsed.info, null, 1)} />
        : Array.isArray(data) && data[0] && <TextView isCut={data[0].length > 5464}
          label={text('explorer.data')} hex={hexOf(data[0].slice(0, 5464))} />}
    </>
  );
}

/** @param {any} token @returns {[string, any]} */
function tokenFact({ account }) {
  const { mint, tokenAmount } = account?.data?.parsed?.info ?? {};
  return [text('explorer.token'), mint && <Amount value={tokenAmount?.amount}
    decimals={Number(tokenAmount?.decimals ?? 0)} unit={String(mint)} />];
}

/** @param {string} base64 a whole number of quartets */
function hexOf(base64) {
  return Array.from(atob(base64), (char) =>
    char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
