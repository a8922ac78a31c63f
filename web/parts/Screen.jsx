import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { node, redCount } from '../core/node.js';
import { errorText } from '../core/api.js';
import { text } from '../core/text.js';
import { Button } from './Button.jsx';
import { Notice } from './Notice.jsx';
import { Shapes } from './Shapes.jsx';

/** The first screen leaves the focus where the browser has it. */
let isFirst = true;

/**
 * What every screen begins with: its h1, which is given the focus when the
 * screen comes, and the title of the window, "(2) Money · pond-1".
 *
 * While answer has no data yet there are shapes in the place of the children;
 * where it failed, why, and "Try again" above what is there.
 *
 * @param {{title: string, head?: any, lead?: any, actions?: any,
 *          answer?: {data: any, error?: unknown, isLoading?: boolean,
 *                    reload?: () => void},
 *          children?: any}} props
 * title: in words; head: in the place of it in the h1, a name with its key for
 * example; lead: a line below; actions: buttons beside. answer: as useAnswer()
 * and useTopic() give it, where the whole screen waits for one.
 */
export function Screen({ title, head, lead, actions, answer, children }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */(null));
  // With the screen itself: a frame later it would be taken from what is typed.
  useLayoutEffect(() => {
    if (!isFirst)
      heading.current?.focus();
    isFirst = false;
  }, []);
  const name = node.value?.name;
  const red = redCount.value;
  useEffect(() => {
    document.title = (red ? `(${red}) ` : '') +
      [title, name || text('bar.pond')].join(' · ');
  }, [title, name, red]);

  return (
    <>
      <div class="screen-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{head ?? title}</h1>
          {lead && <p class="muted">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {answer ? <Answered answer={answer}>{children}</Answered> : children}
    </>
  );
}

/**
 * The same for a part of a screen: shapes, the error, or what there is.
 *
 * @param {{answer: {data: any, error?: unknown, reload?: () => void},
 *          lines?: number, children: any}} props
 * children may be a function of the data, which is called once there are some
 */
export function Answered({ answer, lines, children }) {
  const { data, error, reload } = answer;
  return (
    <>
      {Boolean(error) && (
        <Notice tone="bad" isUrgent actions={reload && (
          <Button icon="restart" onPress={reload}>
            {text('screen.again')}</Button>)}>
          <p>{errorText(error)}</p>
        </Notice>
      )}
      {data !== undefined
        ? typeof children === 'function' ? children(data) : children
        : !error && <Shapes lines={lines} />}
    </>
  );
}
