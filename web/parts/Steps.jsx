import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

/**
 * Steps that follow each other, with the one that is under way.
 *
 * @param {{steps: any[], at: number, isFailed?: boolean, label: string}} props
 * at: 0 the first; as many as there are when all are done
 */
export function Steps({ steps, at, isFailed, label }) {
  return (
    <ol class="steps" aria-label={label}>
      {steps.map((step, number) => (
        <li class={number < at ? 'done' : number === at ? 'here' : undefined}
          aria-current={number === at ? 'step' : undefined}>
          <span class="step-mark" aria-hidden="true">{number < at
            ? <Icon name="check" />
            : number === at && isFailed ? <Icon name="cross" /> : number + 1}
          </span>
          <span>{step}{number < at &&
            <span class="hidden"> {text('steps.done')}</span>}</span>
        </li>
      ))}
    </ol>
  );
}
