import { useState } from 'preact/hooks';
import { text } from '../core/text.js';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { ask } from './ask.js';
import { askBlock, useChain } from './chain.js';
import { BlockTable } from './Home.jsx';
import { ExplorerTabs } from './parts.jsx';

/** As many as one list of questions takes beside others. */
const PAGE = 18;

/** #/explorer/blocks — a page of blocks after the other, the newest first. */
export default function Blocks() {
  const [before, setBefore] = useState(/** @type {number | null} */(null));
  const answer = useChain(() => readPage(before), [before]);
  return (
    <Screen title={text('explorer.blocks')}>
      <ExplorerTabs />
      <Card actions={
        <>
          <Button onPress={() => setBefore(null)}>
            {text('explorer.newest')}</Button>
          <Button onPress={() => setBefore((answer.data?.at(-1)?.slot ?? 0))}>
            {text('explorer.older')}</Button>
        </>}>
        <Answered answer={answer}>
          <BlockTable rows={answer.data ?? []} />
        </Answered>
      </Card>
    </Screen>
  );
}

/** @param {number | null} before */
async function readPage(before) {
  const newest = before === null
    ? await ask('getSlot', [{ commitment: 'confirmed' }]) : before - 1;
  const slots = Array.from({ length: Math.min(PAGE, newest + 1) },
    (_, at) => newest - at);
  const found = await Promise.all(slots.map((slot) => askBlock(slot)));
  return found.map((block, at) => ({ slot: slots[at], isSkipped: !block,
    at: block?.blockTime ? block.blockTime * 1000 : null,
    hash: block?.blockhash ?? '',
    transactions: block?.signatures?.length ?? 0 }));
}
