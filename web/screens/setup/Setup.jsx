import '../../common.js';
import { useEffect, useRef } from 'preact/hooks';
import { setup, stepTo } from '../../core/setup.js';
import { go } from '../../core/router.js';
import { text } from '../../core/text.js';
import { Screen } from '../../parts/Screen.jsx';
import { Shapes } from '../../parts/Shapes.jsx';
import { SetupBegin } from './SetupBegin.jsx';
import { SetupCoins } from './SetupCoins.jsx';
import { SetupConfirm } from './SetupConfirm.jsx';
import { SetupLocked } from './SetupLocked.jsx';
import { SetupPassphrase } from './SetupPassphrase.jsx';
import { SetupPhrase } from './SetupPhrase.jsx';
import { SetupTask } from './SetupTask.jsx';
import { SetupWallet } from './SetupWallet.jsx';
import { SetupWorks } from './SetupWorks.jsx';

/** @type {Record<string, (props: {task: string | null}) => any>} */
const STEPS = {
  1: SetupBegin, 2: SetupPassphrase, 3: SetupWallet, 4: SetupPhrase,
  5: SetupConfirm, 6: SetupCoins, 7: SetupTask, 8: SetupTask, 9: SetupWorks,
  locked: SetupLocked,
};

/**
 * #/setup/STEP — from an empty folder to the first reward. What is shown is the
 * step that the node is at; the browser's "back" asks the node to go there.
 *
 * @param {import('../../core/router.js').Route} props
 */
export default function Setup({ params, query }) {
  const found = setup.value;
  const wanted = params.step;
  const isFirst = useRef(true);
  useEffect(() => {
    const here = setup.peek()?.step;
    if (!isFirst.current && here && wanted && wanted !== here)
      stepTo(wanted).catch(() => go(`/setup/${here}`, { replace: true }));
    isFirst.current = false;
  }, [wanted]);
  useEffect(() => {
    if (found?.step === 'done')
      go('/', { replace: true });
  }, [found?.step]);

  const Step = found && STEPS[found.step];
  if (!Step)
    return <Screen title={text('setup.title')}><Shapes /></Screen>;
  // A form of another step has nothing of this one.
  return <Step key={found.step} task={query.get('task')} />;
}
